import * as tf from '@tensorflow/tfjs-core';

/** The largest difference between two tensors of one shape; NaN when there is a NaN. */
export function apart(a: tf.Tensor, b: tf.Tensor): number {
  if (a.shape.join() !== b.shape.join()) throw new Error(`[${a.shape}] beside [${b.shape}]`);
  return tf.tidy(() => Math.max(0, ...tf.abs(tf.sub(a, b)).dataSync()));
}
