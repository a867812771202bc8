import * as tf from '@tensorflow/tfjs-core';
import { Linear, type Init } from '@rs/nn';
import { PointwiseConv1d } from './pointwise-conv1d.js';

export interface CpbMlpConfig {
  readonly rank: number; // coordinates of a position
  readonly outFeatures: number;
  readonly conv?: boolean; // 1x1 Conv1d layers in place of Linear: the same function, other shapes in a checkpoint; default false
}

const hidden = 512;

/** Continuous position bias, Liu et al. 2022 (Swin Transformer V2), eq. (3): a small network of the coordinates, 512 hidden units. */
export class CpbMlp {
  readonly 0: Linear | PointwiseConv1d;
  readonly 2: Linear | PointwiseConv1d;

  constructor({ rank, outFeatures, conv = false }: CpbMlpConfig, init: Init) {
    const layer = (inFeatures: number, outFeatures: number, bias: boolean): Linear | PointwiseConv1d =>
      new (conv ? PointwiseConv1d : Linear)({ inFeatures, outFeatures, bias }, init);
    this[0] = layer(rank, hidden, true);
    this[2] = layer(hidden, outFeatures, false);
  }

  /** [P,rank] -> [P,out] */
  call(coordinates: tf.Tensor2D): tf.Tensor2D {
    return this[2].call(tf.relu(this[0].call(coordinates)));
  }
}
