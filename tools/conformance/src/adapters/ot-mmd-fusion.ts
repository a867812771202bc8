import type * as tf from '@tensorflow/tfjs-core';
import {
  alignTokens,
  CnnEncoder,
  ConcatFusionBlock,
  cosineCost,
  deinterleaveTokens,
  FrequencyAwareDecoder,
  FrequencyAwareFusion,
  gaussianMmd2,
  hardTransport,
  interleaveTokens,
  localAlign,
  OtMmdSegmenter,
  sinkhorn,
  SynergisticFusionBlock,
  unbalancedSinkhorn,
  type FrequencyAwareDecoderConfig,
  type FrequencyAwareFusionConfig,
  type FusionChannels,
  type SinkhornOptions,
  type SynergisticFusionBlockConfig,
  type UnbalancedSinkhornOptions,
} from '@rs/ot-mmd-fusion';
import { Random } from '@rs/nn';
import { functionCase, moduleCase, type Adapter, type Adapters } from '../adapter.js';
import type { Config } from '../case.js';
import { inParameterCase } from './ot-mmd-fusion-scan.js';

/** One-to-one transport reads costs on the host and runs op by op. */
const eagerWhenOneToOne =
  (adapter: Adapter, methodOf: (config: Config) => unknown): Adapter =>
  (theCase, options) =>
    adapter(theCase, { captured: options.captured && methodOf(theCase.config) !== 'one-to-one' });

export const adapters: Adapters = {
  'ot-mmd-fusion/cosineCost': functionCase(({ x, y }, config) => cosineCost(x, y, config)),
  'ot-mmd-fusion/hardTransport': eagerWhenOneToOne(
    functionCase(({ cost }, config) => ({ ...hardTransport(cost, config) })),
    ({ method }) => method,
  ),
  'ot-mmd-fusion/alignTokens': functionCase(({ plan, tokens }, config) => alignTokens(plan, tokens, config)),
  'ot-mmd-fusion/localAlign': eagerWhenOneToOne(
    functionCase(({ xp, xg }, config) => ({ ...localAlign(xp, xg, config) })),
    ({ method }) => method,
  ),
  'ot-mmd-fusion/sinkhorn': functionCase(({ cost, a, b }, config) => ({ plan: sinkhorn(cost, config as SinkhornOptions, a, b).plan })),
  'ot-mmd-fusion/unbalancedSinkhorn': functionCase(({ cost, a, b }, config) => ({
    plan: unbalancedSinkhorn(cost, config as UnbalancedSinkhornOptions, a, b).plan,
  })),
  'ot-mmd-fusion/interleaveTokens': functionCase(({ p, g }) => interleaveTokens(p, g)),
  'ot-mmd-fusion/deinterleaveTokens': functionCase(({ tokens }) => ({ ...deinterleaveTokens(tokens) })),
  'ot-mmd-fusion/gaussianMmd2': functionCase(({ x, y }, config) => ({ mmd2: gaussianMmd2(x, y, config) })),
  'ot-mmd-fusion/CnnEncoder': moduleCase({
    build: (config, init) => new CnnEncoder(config, init),
    call: (encoder, { x }, mode) => stages(encoder.call(x, mode)),
  }),
  'ot-mmd-fusion/ConcatFusionBlock': moduleCase({
    build: (config, init) => new ConcatFusionBlock(config as FusionChannels, init),
    call: (block, { f1, f2 }, mode) => block.call(f1, f2, mode).fused,
  }),
  'ot-mmd-fusion/SynergisticFusionBlock': eagerWhenOneToOne(
    inParameterCase(
      moduleCase({
        build: (config, init) => new SynergisticFusionBlock(config as SynergisticFusionBlockConfig, init),
        call: (block, { f1, f2 }, mode) => ({ ...block.call(f1, f2, mode) }),
      }),
    ),
    ({ alignment }) => alignment?.method,
  ),
  'ot-mmd-fusion/FrequencyAwareFusion': moduleCase({
    build: (config) => new FrequencyAwareFusion(config as FrequencyAwareFusionConfig, new Random(0)),
    call: (fusion, { hr, lr }) => ({ ...fusion.call(hr, lr) }),
  }),
  'ot-mmd-fusion/FrequencyAwareDecoder': moduleCase({
    build: (config) => new FrequencyAwareDecoder({ ...(config as FrequencyAwareDecoderConfig), dropout: 0 }, new Random(0)),
    call: (decoder, inputs, mode) =>
      decoder.call(
        Object.keys(inputs)
          .sort()
          .map((name) => inputs[name]),
        mode,
      ),
  }),
  'ot-mmd-fusion/OtMmdSegmenter': eagerWhenOneToOne(
    inParameterCase(
      moduleCase({
        build: ({ decoder, vss, ...config }) =>
          new OtMmdSegmenter({ ...config, decoder: { ...decoder, dropout: 0 }, vss: { dropPathRate: 0, ...vss } }, new Random(0)),
        call: (model, { image, aux }, mode) => {
          const { logits, alignLoss } = model.call(image, aux, mode);
          return { logits, alignLoss };
        },
      }),
    ),
    ({ fusion }) => fusion?.alignment?.method,
  ),
};

const stages = (maps: readonly tf.Tensor[]): Record<string, tf.Tensor> => Object.fromEntries(maps.map((map, i) => [`stage${i + 1}`, map]));
