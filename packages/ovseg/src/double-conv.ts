import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, conv2d, GroupNorm, type Init } from '@rs/nn';
import { addToEachClass } from './each-class.js';

export interface DoubleConvConfig {
  readonly inChannels: number; // of the maps and of what they share, together
  readonly outChannels: number; // a multiple of 16
}

const channelsPerGroup = 16;

/** Twice convolution 3x3 without bias, group norm, ReLU. */
export class DoubleConv {
  readonly doubleConv: { readonly 0: Conv2d; readonly 1: GroupNorm; readonly 3: Conv2d; readonly 4: GroupNorm };

  /** @throws RangeError when outChannels is not a multiple of 16 */
  constructor({ inChannels, outChannels }: DoubleConvConfig, init: Init) {
    if (!(outChannels > 0) || outChannels % channelsPerGroup !== 0) {
      throw new RangeError(`DoubleConv: outChannels must be a multiple of ${channelsPerGroup}, got ${outChannels}`);
    }
    const conv = (channels: number): Conv2d =>
      new Conv2d({ inChannels: channels, outChannels, kernelSize: 3, padding: 1, bias: false }, init);
    const norm = (): GroupNorm => new GroupNorm({ groups: outChannels / channelsPerGroup, channels: outChannels });
    this.doubleConv = { 0: conv(inChannels), 1: norm(), 3: conv(outChannels), 4: norm() };
  }

  /**
   * Of [x ; shared] on the channels. A convolution is a sum over its inputs' channels, so that of `shared` is computed once an image.
   *
   * @param x [B T,H,W,C]
   * @param shared [B,H,W,S], the same for the T classes of an image
   * @returns [B T,H,W,outChannels]
   */
  call(x: tf.Tensor4D, shared?: tf.Tensor4D): tf.Tensor4D {
    const { 0: conv, 1: norm, 3: conv3, 4: norm4 } = this.doubleConv;
    return tf.tidy(() => {
      const first = shared ? this.firstOfBoth(x, shared) : conv.call(x);
      return tf.relu(norm4.call(conv3.call(tf.relu(norm.call(first)))));
    });
  }

  private firstOfBoth(x: tf.Tensor4D, shared: tf.Tensor4D): tf.Tensor4D {
    const { weight } = this.doubleConv[0];
    const [height, width, inputs, outputs] = weight.shape;
    const [channels, sharedChannels] = [x.shape[3], shared.shape[3]];
    if (channels + sharedChannels !== inputs) {
      throw new RangeError(`DoubleConv: x and shared must have ${inputs} channels together, got ${channels} and ${sharedChannels}`);
    }
    const part = (start: number, count: number): tf.Tensor4D => tf.slice4d(weight, [0, 0, start, 0], [height, width, count, outputs]);
    const own = conv2d({ x, filter: part(0, channels), padding: 1 });
    return addToEachClass(own, conv2d({ x: shared, filter: part(channels, sharedChannels), padding: 1 }));
  }
}
