import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import { layerNorm } from '../ops/layer-norm.js';

export interface LayerNorm2dConfig {
  readonly channels: number;
  readonly eps?: number; // default 1e-6
}

/** Layer normalisation over the channels of each pixel, as timm's LayerNorm2d. */
export class LayerNorm2d {
  readonly weight: tf.Variable<tf.Rank.R1>; // [C]
  readonly bias: tf.Variable<tf.Rank.R1>; // [C]
  readonly #epsilon: number;

  constructor({ channels, eps = 1e-6 }: LayerNorm2dConfig) {
    this.#epsilon = eps;
    this.weight = tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([channels])));
    this.bias = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([channels])));
  }

  /** [N,H,W,C] -> [N,H,W,C] */
  call(x: tf.Tensor4D): tf.Tensor4D {
    assertShape('LayerNorm2d: x', x, [null, null, null, this.weight.shape[0]]);
    return layerNorm({ x, scale: this.weight, offset: this.bias, epsilon: this.#epsilon });
  }
}
