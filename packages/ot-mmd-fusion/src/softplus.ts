import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';

/** log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)), which never overflows. */
export function softplus<T extends tf.Tensor>(x: T): T {
  const run = tf.customGrad((x, save) => {
    const input = x as tf.Tensor;
    (save as tf.GradSaveFunc)([input]);
    return {
      value: fused([input], () => [tf.add(tf.maximum(input, 0), tf.log(tf.add(tf.exp(tf.neg(tf.abs(input))), 1)))])[0],
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => fused([dy, x], () => [tf.mul(dy, tf.sigmoid(x))])[0],
    };
  });
  return run(x) as T;
}
