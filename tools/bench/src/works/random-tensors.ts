import * as tf from '@tensorflow/tfjs-core';

/** Values in [0, 1), the same for the same seed. */
export const uniform = (shape: [number, number, number, number], seed: number): tf.Tensor4D =>
  tf.randomUniform(shape, 0, 1, 'float32', seed);

/** Whole numbers 0..below-1 as float32. */
export const wholeNumbers = (shape: [number, number, number], below: number, seed: number): tf.Tensor3D =>
  tf.tidy(() => tf.floor(tf.randomUniform(shape, 0, below, 'float32', seed)));
