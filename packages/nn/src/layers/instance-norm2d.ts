import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import { groupNorm } from '../ops/group-norm.js';

export interface InstanceNorm2dConfig {
  readonly channels: number;
  readonly eps?: number; // default 1e-5
  readonly affine?: boolean; // a weight and a bias for each channel; default false
}

/** PyTorch's InstanceNorm2d without running statistics: group norm with one channel a group. */
export class InstanceNorm2d {
  readonly weight?: tf.Variable<tf.Rank.R1>; // [C]
  readonly bias?: tf.Variable<tf.Rank.R1>; // [C]
  readonly #channels: number;
  readonly #epsilon: number;

  constructor({ channels, eps = 1e-5, affine = false }: InstanceNorm2dConfig) {
    this.#channels = channels;
    this.#epsilon = eps;
    if (affine) {
      this.weight = tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([channels])));
      this.bias = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([channels])));
    }
  }

  /** [N,H,W,C] -> [N,H,W,C] */
  call(x: tf.Tensor4D): tf.Tensor4D {
    assertShape('InstanceNorm2d: x', x, [null, null, null, this.#channels]);
    if (x.shape[1] * x.shape[2] < 2) throw new RangeError(`InstanceNorm2d: x must have more than one pixel, got shape [${x.shape}]`);
    return tf.tidy(() => {
      const normalised = groupNorm({ x, groups: this.#channels, epsilon: this.#epsilon });
      return this.weight && this.bias ? tf.add(tf.mul(normalised, this.weight), this.bias) : normalised;
    });
  }
}
