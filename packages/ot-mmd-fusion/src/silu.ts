import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';

/** x sigmoid(x), Elfwing et al. 2018. */
export function silu<T extends tf.Tensor>(x: T): T {
  const run = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor]);
    return {
      value: fused([x as tf.Tensor], () => [tf.mul(x as tf.Tensor, tf.sigmoid(x as tf.Tensor))])[0],
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) =>
        fused([dy, x], () => {
          const gate = tf.sigmoid(x);
          return [tf.mul(dy, tf.mul(gate, tf.add(tf.mul(x, tf.sub(1, gate)), 1)))];
        })[0],
    };
  });
  return run(x) as T;
}
