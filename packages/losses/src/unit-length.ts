import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';

/**
 * Vectors along the last axis at length 1, y = x / max(|x|, epsilon): what is shorter than epsilon stays shorter, and 0 stays 0. The gradient is
 * written out, finite everywhere:
 *
 *     dx = (dy - y <dy, y>) / |x|,    dx = dy / epsilon below epsilon
 */
export function unitLength<T extends tf.Tensor>(x: T, epsilon: number): T {
  return tf.tidy(() => {
    const divided = tf.customGrad((given, save) => {
      const vectors = given as tf.Tensor;
      const squared = tf.sum(tf.square(vectors), -1, true);
      const inverse = tf.rsqrt(tf.maximum(squared, epsilon * epsilon));
      const turns = tf.cast(tf.greaterEqual(squared, epsilon * epsilon), 'float32'); // the length depends on x
      const y = tf.mul(vectors, inverse);
      (save as tf.GradSaveFunc)([y, inverse, turns]);
      return {
        value: y,
        gradFunc: (dy: tf.Tensor, [unit, scale, turning]: tf.Tensor[]) =>
          fused([dy, unit, scale, turning], () => [
            tf.mul(tf.sub(dy, tf.mul(unit, tf.mul(turning, tf.sum(tf.mul(dy, unit), -1, true)))), scale),
          ])[0],
      };
    });
    return divided(x) as T;
  });
}
