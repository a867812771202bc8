import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import { linear } from '../ops/linear.js';

export interface LinearConfig {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias?: boolean; // default true
}

/** PyTorch's Linear: x W + b over the last axis. */
export class Linear {
  readonly torchLayout = { weight: [1, 0] } as const; // [in,out] -> (out,in)
  readonly weight: tf.Variable<tf.Rank.R2>; // [in,out]
  readonly bias?: tf.Variable<tf.Rank.R1>; // [out]

  constructor({ inFeatures, outFeatures, bias = true }: LinearConfig, init: Init) {
    const fans = { fanIn: inFeatures, fanOut: outFeatures };
    this.weight = tf.tidy(() => tf.variable(init.weight([inFeatures, outFeatures], fans) as tf.Tensor2D));
    if (bias) this.bias = tf.tidy(() => tf.variable(init.bias([outFeatures], fans) as tf.Tensor1D));
  }

  /** [...,in] -> [...,out] */
  call<T extends tf.Tensor>(x: T): T {
    assertShape('Linear: x', x, [...x.shape.slice(0, -1), this.weight.shape[0]]);
    return linear({ x, weight: this.weight, bias: this.bias });
  }
}
