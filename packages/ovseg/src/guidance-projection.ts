import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, type Init } from '@rs/nn';

/** ReLU(convolution 3x3) of a map that guides the decoder, `0` in checkpoints. */
export class GuidanceProjection {
  readonly 0: Conv2d;

  constructor(inChannels: number, outChannels: number, init: Init) {
    this[0] = new Conv2d({ inChannels, outChannels, kernelSize: 3, padding: 1 }, init);
  }

  /** [B,H,W,in] -> [B,H,W,out] */
  call(x: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => tf.relu(this[0].call(x)));
  }
}

/** One a level. */
export function guidanceProjections(
  inChannels: readonly [number, number],
  outChannels: readonly [number, number],
  init: Init,
): readonly GuidanceProjection[] {
  return outChannels.map((channels, i) => new GuidanceProjection(inChannels[i], channels, init));
}
