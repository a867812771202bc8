import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Mode } from '../mode.js';
import { batchNorm, batchNormTrain } from '../ops/batch-norm.js';

export interface BatchNorm2dConfig {
  readonly channels: number;
  readonly eps?: number; // default 1e-5
  readonly momentum?: number; // weight of the new statistics in the running ones; default 0.1
}

/** PyTorch's BatchNorm2d. A training pass normalises by the batch and hands the new running statistics to the pass. */
export class BatchNorm2d {
  readonly weight: tf.Variable<tf.Rank.R1>; // [C]
  readonly bias: tf.Variable<tf.Rank.R1>; // [C]
  readonly runningMean: tf.Variable<tf.Rank.R1>; // [C]
  readonly runningVar: tf.Variable<tf.Rank.R1>; // [C]
  readonly #epsilon: number;
  readonly #momentum: number;

  constructor({ channels, eps = 1e-5, momentum = 0.1 }: BatchNorm2dConfig) {
    this.#epsilon = eps;
    this.#momentum = momentum;
    this.weight = tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([channels])));
    this.bias = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([channels])));
    this.runningMean = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([channels]), false));
    this.runningVar = tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([channels]), false));
  }

  /** [N,H,W,C] -> [N,H,W,C] */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    assertShape('BatchNorm2d: x', x, [null, null, null, this.weight.shape[0]]);
    const affine = { x, scale: this.weight, offset: this.bias, epsilon: this.#epsilon };
    if (mode === 'eval') return batchNorm({ ...affine, runningMean: this.runningMean, runningVariance: this.runningVar });
    return tf.tidy(() => {
      const { y, runningMean, runningVariance } = batchNormTrain({
        ...affine,
        runningMean: mode.statistic(this.runningMean) as tf.Tensor1D,
        runningVariance: mode.statistic(this.runningVar) as tf.Tensor1D,
        momentum: this.#momentum,
      });
      mode.updateStatistic(this.runningMean, runningMean);
      mode.updateStatistic(this.runningVar, runningVariance);
      return y;
    });
  }
}
