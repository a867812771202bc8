import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';

const slope = 1.702;

/** The sigmoid approximation of GELU, Hendrycks and Gimpel 2016, section 2, that CLIP is trained with: x sigmoid(1.702 x). */
export function quickGelu<T extends tf.Tensor>(x: T): T {
  return withGradient({
    inputs: { x: x as tf.Tensor },
    forward: (save) => {
      save([x]);
      return fused([x], () => [tf.mul(x, gate(x))])[0];
    },
    backward: (dy, [x]) => ({
      // g + 1.702 x g (1 - g), g the gate
      x: () =>
        fused([dy, x], () => {
          const g = gate(x);
          return [tf.mul(dy, tf.mul(g, tf.add(tf.mul(tf.mul(x, slope), tf.sub(1, g)), 1)))];
        })[0],
    }),
  }) as T;
}

const gate = (x: tf.Tensor): tf.Tensor => tf.sigmoid(tf.mul(x, slope));
