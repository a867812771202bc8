import type { FasterViTConfig } from '@rs/encoders-hat';

/** A FasterViT with every kind of block, small enough for a test. */
export const tiny: FasterViTConfig = {
  dim: 8,
  inDim: 8,
  depths: [1, 1, 2, 1],
  numHeads: [1, 1, 2, 4],
  windowSize: [7, 7, 2, 2],
  ctSize: 1,
  mlpRatio: 2,
  resolution: [64, 64],
  hat: [false, false, true, false],
};
