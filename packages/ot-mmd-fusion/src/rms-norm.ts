import * as tf from '@tensorflow/tfjs-core';

export interface RmsNormConfig {
  readonly features: number;
  readonly eps?: number; // default 1e-5
}

/** Root mean square normalisation over the last axis, Zhang and Sennrich 2019: x / sqrt(mean(x^2) + eps) * weight. */
export class RmsNorm {
  readonly weight: tf.Variable<tf.Rank.R1>; // [C]
  readonly #epsilon: number;

  constructor({ features, eps = 1e-5 }: RmsNormConfig) {
    this.#epsilon = eps;
    this.weight = tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([features])));
  }

  /** [...,C] -> [...,C] */
  call<T extends tf.Tensor>(x: T): T {
    return tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), this.#epsilon))), this.weight);
  }
}
