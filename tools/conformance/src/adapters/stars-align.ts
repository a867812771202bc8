import { ResNetEncoder, ResNetStem, type ResNetConfig } from '@rs/nn';
import { moduleCase, type Adapters } from '../adapter.js';

export const adapters: Adapters = {
  'stars-align/ModalityStem': moduleCase({
    build: (config, init) => new ResNetStem(config as { inChannels: number }, init),
    call: (stem, { x }, mode) => stem.call(x, mode),
  }),
  'stars-align/ResNetEncoder': moduleCase({
    build: (config, init) => new ResNetEncoder({ block: 'bottleneck', layers: [3, 4, 6, 3], ...config } as ResNetConfig, init),
    call: (encoder, { x }, mode) => Object.fromEntries(encoder.call(x, mode).map((stage, i) => [`stage${i + 1}`, stage])),
  }),
};
