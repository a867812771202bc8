import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, InstanceNorm2d, type Init } from '@rs/nn';

export interface TranslationOptions {
  readonly hiddenChannels?: number; // default: channels
  readonly kernelSize?: number; // of the first convolution, odd; default 1, as eq. (1) has it
  readonly affine?: boolean; // a weight and a bias for each channel after the norm; default false
  readonly eps?: number; // of the norm; default 1e-5
}

export interface TranslationModuleConfig extends TranslationOptions {
  readonly channels: number; // C
}

/**
 * Maps one sensor's shared features to the other's, STARS, eq. (1): instance norm takes the contrast of each image away,
 *
 *     h(x) = conv2(silu(instanceNorm(conv1(x))))
 *
 * The norm removes the bias of `conv1`, whose gradient is therefore 0 up to rounding.
 */
export class TranslationModule {
  readonly conv1: Conv2d;
  readonly norm: InstanceNorm2d;
  readonly conv2: Conv2d;
  readonly #channels: number;

  constructor({ channels, hiddenChannels = channels, kernelSize = 1, affine = false, eps = 1e-5 }: TranslationModuleConfig, init: Init) {
    if (kernelSize % 2 !== 1) throw new RangeError(`TranslationModule: kernelSize must be odd, got ${kernelSize}`);
    this.#channels = channels;
    this.conv1 = new Conv2d({ inChannels: channels, outChannels: hiddenChannels, kernelSize, padding: (kernelSize - 1) / 2 }, init);
    this.norm = new InstanceNorm2d({ channels: hiddenChannels, affine, eps });
    this.conv2 = new Conv2d({ inChannels: hiddenChannels, outChannels: channels, kernelSize: 1 }, init);
  }

  /** [N,H,W,C] -> [N,H,W,C] @throws RangeError when x has only one pixel, which the norm would make 0 */
  call(x: tf.Tensor4D): tf.Tensor4D {
    assertShape('TranslationModule: x', x, [null, null, null, this.#channels]);
    return tf.tidy(() => {
      const normalised = this.norm.call(this.conv1.call(x));
      return this.conv2.call(tf.mul(normalised, tf.sigmoid(normalised)));
    });
  }
}
