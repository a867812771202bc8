import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';

export interface WeightedGlobalPoolingConfig {
  readonly epsilon?: number; // keeps the quotient finite where all weights are 0; default 1e-6
}

/**
 * Mean of the features over the pixels, each with its own weight w >= 0. EDC, eq. (5):
 *
 *     z_c = sum_hw(w x_c) / (sum_hw w + epsilon)
 */
export class WeightedGlobalPooling {
  readonly epsilon: number;

  constructor({ epsilon = 1e-6 }: WeightedGlobalPoolingConfig = {}) {
    this.epsilon = epsilon;
  }

  /** x [N,H,W,C], weight [N,H,W,1] (default: 1 everywhere) -> z [N,C] */
  call(x: tf.Tensor4D, weight?: tf.Tensor4D): tf.Tensor2D {
    assertShape('WeightedGlobalPooling: x', x, [null, null, null, null]);
    const [n, h, w, channels] = x.shape;
    if (weight) assertShape('WeightedGlobalPooling: weight', weight, [n, h, w, 1]);
    return tf.tidy(() => {
      if (!weight) return tf.mul(tf.sum<tf.Tensor2D>(x, [1, 2]), 1 / (h * w + this.epsilon));
      const rows = tf.reshape(weight, [n, 1, h * w]);
      const sums = tf.reshape(tf.matMul(rows, tf.reshape(x, [n, h * w, channels])), [n, channels]); // sum(w x) without the product map
      return tf.div<tf.Tensor2D>(sums, tf.add(tf.sum(rows, -1), this.epsilon));
    });
  }
}
