import type { ResNetConfig } from './resnet.js';

/** The published sizes of ResNet, He et al. 2016, table 1: `new ResNetEncoder({ ...resnetVariants.resnet50, inChannels: 4 }, init)`. */
export const resnetVariants = {
  resnet18: { block: 'basic', layers: [2, 2, 2, 2] },
  resnet34: { block: 'basic', layers: [3, 4, 6, 3] },
  resnet50: { block: 'bottleneck', layers: [3, 4, 6, 3] },
  resnet101: { block: 'bottleneck', layers: [3, 4, 23, 3] },
} as const satisfies Record<string, ResNetConfig>;

export type ResNetVariant = keyof typeof resnetVariants;
