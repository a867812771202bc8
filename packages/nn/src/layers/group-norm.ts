import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import { groupNorm } from '../ops/group-norm.js';

export interface GroupNormConfig {
  readonly groups: number; // must divide channels
  readonly channels: number;
  readonly eps?: number; // default 1e-5
}

/** PyTorch's GroupNorm. */
export class GroupNorm {
  readonly weight: tf.Variable<tf.Rank.R1>; // [C]
  readonly bias: tf.Variable<tf.Rank.R1>; // [C]
  readonly #groups: number;
  readonly #epsilon: number;

  constructor({ groups, channels, eps = 1e-5 }: GroupNormConfig) {
    if (channels % groups !== 0) throw new RangeError(`GroupNorm: groups must divide channels (${channels}), got ${groups}`);
    this.#groups = groups;
    this.#epsilon = eps;
    this.weight = tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([channels])));
    this.bias = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([channels])));
  }

  /** [N,H,W,C] -> [N,H,W,C] */
  call(x: tf.Tensor4D): tf.Tensor4D {
    assertShape('GroupNorm: x', x, [null, null, null, this.weight.shape[0]]);
    return tf.tidy(() => tf.add(tf.mul(groupNorm({ x, groups: this.#groups, epsilon: this.#epsilon }), this.weight), this.bias));
  }
}
