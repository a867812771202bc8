import * as tf from '@tensorflow/tfjs-core';
import { Random, torchInit, type Init } from '@rs/nn';
import type { EncoderInit, FasterViTConfig } from '../src/index.js';

/** A FasterViT of some thousand parameters with windows of 3: stage 3 has carrier tokens from images of 49 on. */
export const tiny: FasterViTConfig = {
  dim: 4,
  inDim: 3,
  depths: [1, 1, 2, 1],
  numHeads: [1, 1, 2, 2],
  windowSize: [7, 7, 3, 3],
  ctSize: 2,
  mlpRatio: 2,
  resolution: [64, 64],
  hat: [false, false, true, false],
};

/** Seeded values large enough to tell outputs apart. */
export const seeded = (seed: number): EncoderInit => {
  const init = torchInit(new Random(seed));
  return { linear: init, conv: init };
};

const zeros: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };

/** For counting and loading, where the values do not matter. */
export const zeroInit: EncoderInit = { linear: zeros, conv: zeros };

export const normal = <R extends tf.Rank>(shape: tf.ShapeMap[R], seed: number): tf.Tensor<R> =>
  tf.randomNormal<R>(shape, 0, 1, 'float32', seed + 1);

/** Largest absolute difference. */
export const apart = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
