import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import { layerNorm } from '../ops/layer-norm.js';

export interface LayerNormConfig {
  readonly features: number;
  readonly eps?: number; // default 1e-5
}

/** PyTorch's LayerNorm over the last axis. */
export class LayerNorm {
  readonly weight: tf.Variable<tf.Rank.R1>; // [C]
  readonly bias: tf.Variable<tf.Rank.R1>; // [C]
  readonly #epsilon: number;

  constructor({ features, eps = 1e-5 }: LayerNormConfig) {
    this.#epsilon = eps;
    this.weight = tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([features])));
    this.bias = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([features])));
  }

  /** [...,C] -> [...,C] */
  call<T extends tf.Tensor>(x: T): T {
    assertShape('LayerNorm: x', x, [...x.shape.slice(0, -1), this.weight.shape[0]]);
    return layerNorm({ x, scale: this.weight, offset: this.bias, epsilon: this.#epsilon });
  }
}
