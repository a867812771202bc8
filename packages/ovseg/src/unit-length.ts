import * as tf from '@tensorflow/tfjs-core';

/** x / max(||x||, 1e-12) along the last axis. A vector of zeros stays one, and its gradient is finite. */
export function unitLength<T extends tf.Tensor>(x: T): T {
  const squared = tf.sum(tf.square(x as tf.Tensor), -1, true);
  return tf.mul(x as tf.Tensor, tf.rsqrt(tf.maximum(squared, 1e-24))) as T;
}
