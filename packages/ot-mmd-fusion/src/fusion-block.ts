import type * as tf from '@tensorflow/tfjs-core';
import type { Mode } from '@rs/nn';
import { assertFilled } from './assert-inputs.js';

export interface FusedFeatures {
  readonly fused: tf.Tensor4D; // [N,H,W,outChannels]
  readonly alignLoss: tf.Scalar; // 0 where the block has none
}

/** Joins the features of two encoders: f1 [N,H,W,channels1] of the CNN, f2 [N,H,W,channels2] of the scan encoder. */
export interface FusionBlock {
  call(f1: tf.Tensor4D, f2: tf.Tensor4D, mode: Mode): FusedFeatures;
}

export interface FusionChannels {
  readonly channels1: number; // of the CNN
  readonly channels2: number; // of the scan encoder
  readonly outChannels?: number; // default channels1
  readonly residual?: boolean; // add f1 to the result; default true
}

/** Throws a RangeError when f1 cannot be added to the result. */
export function assertResidual(block: string, residual: boolean, channels1: number, outChannels: number): void {
  if (residual && channels1 !== outChannels) {
    throw new RangeError(`${block}: residual needs outChannels = channels1 (${channels1}), got ${outChannels}`);
  }
}

/** Throws a RangeError unless f1 and f2 are maps of one size, not empty, with the given channels. */
export function assertFeatures(block: string, f1: tf.Tensor4D, f2: tf.Tensor4D, [channels1, channels2]: readonly [number, number]): void {
  assertFilled(`${block}: f1`, f1, [null, null, null, channels1]);
  assertFilled(`${block}: f2`, f2, [...f1.shape.slice(0, 3), channels2]);
}
