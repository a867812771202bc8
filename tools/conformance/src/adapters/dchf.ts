import { Dchf, EcaGate, MultiScalePool, SeGate, SpatialGate, UNetDecoder, WeightedGlobalPooling } from '@rs/dchf';
import { EDC, type EdcConfig } from '@rs/example-edc';
import { Random } from '@rs/nn';
import { moduleCase, type Adapters } from '../adapter.js';

export const adapters: Adapters = {
  'dchf/SpatialGate': moduleCase({
    build: (config, init) => new SpatialGate(config, init),
    call: (gate, { discrepancy }, mode) => gate.call(discrepancy, mode),
  }),
  'dchf/WeightedGlobalPooling': moduleCase({
    build: (config) => new WeightedGlobalPooling(config),
    call: (pooling, { x, weight }) => pooling.call(x, weight),
  }),
  'dchf/EcaGate': moduleCase({
    build: (config, init) => new EcaGate(config as { channels: number }, init),
    call: (gate, { z }) => gate.call(z),
  }),
  'dchf/SeGate': moduleCase({
    build: (config, init) => new SeGate(config as { channels: number }, init),
    call: (gate, { z }) => gate.call(z),
  }),
  'dchf/MultiScalePool': moduleCase({
    build: (config, init) => new MultiScalePool(config as { channels: number }, init),
    call: (pool, { x }) => pool.call(x),
  }),
  'dchf/Dchf': moduleCase({
    build: (config, init) => new Dchf(config as { channels: number }, init),
    call: (fusion, { opt, sar, cm }, mode) => ({ ...fusion.call({ opt, sar, cm }, mode) }),
  }),
  'dchf/UNetDecoder': moduleCase({
    build: (config, init) => new UNetDecoder(config as { encoderChannels: number[]; decoderChannels: number[] }, init),
    call: (decoder, { stage1, stage2, stage3, stage4 }, mode) => decoder.call([stage1, stage2, stage3, stage4], mode),
  }),
  'dchf/EDC': moduleCase({
    build: (config) => new EDC(config as EdcConfig, new Random(0)),
    call: (model, { opt, sar }, mode) => {
      const { attention, discrepancy: _discrepancy, headLogits: _headLogits, ...outputs } = model.call({ optical: opt, sar }, mode);
      return { ...outputs, ...Object.fromEntries(attention.map((map, i) => [`attention${i + 1}`, map])) };
    },
  }),
};
