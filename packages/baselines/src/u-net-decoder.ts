import * as tf from '@tensorflow/tfjs-core';
import { resize, type Init, type Mode, type ResizeOptions } from '@rs/nn';
import { activated, convNorm, type ConvNorm } from './conv-norm.js';

export interface UNetDecoderConfig {
  readonly inChannels: number; // of the coarsest map
  readonly skipChannels: readonly number[]; // of what is put beside each block's input, coarse to fine; blocks beyond the list take nothing
  readonly decoderChannels: readonly number[]; // of each block, coarse to fine
  readonly upsampling: Pick<ResizeOptions, 'mode' | 'alignCorners'>;
}

/** U-Net decoder, Ronneberger et al. 2015: each block upsamples, puts the skip beside, then twice convolution 3x3, batch norm, ReLU. */
export class UNetDecoder {
  readonly blocks: readonly { readonly conv1: ConvNorm; readonly conv2: ConvNorm }[];
  readonly #upsampling: Pick<ResizeOptions, 'mode' | 'alignCorners'>;

  constructor({ inChannels, skipChannels, decoderChannels, upsampling }: UNetDecoderConfig, init: Init) {
    this.blocks = decoderChannels.map((channels, i) => {
      const below = i === 0 ? inChannels : decoderChannels[i - 1];
      return {
        conv1: convNorm({ inChannels: below + (skipChannels[i] ?? 0), outChannels: channels }, init),
        conv2: convNorm({ inChannels: channels, outChannels: channels }, init),
      };
    });
    this.#upsampling = upsampling;
  }

  /** x [N,h,w,C] and skips coarse to fine -> [N,H,W,C'], at the size of the last skip, twice as large for each block without one */
  call(x: tf.Tensor4D, skips: readonly tf.Tensor4D[], mode: Mode): tf.Tensor4D {
    return tf.tidy(() =>
      this.blocks.reduce((features, { conv1, conv2 }, i) => {
        const skip = skips[i] as tf.Tensor4D | undefined;
        const size: [number, number] = skip ? [skip.shape[1], skip.shape[2]] : [2 * features.shape[1], 2 * features.shape[2]];
        const upsampled = resize(features, { size, ...this.#upsampling });
        return activated(conv2, activated(conv1, skip ? tf.concat([upsampled, skip], -1) : upsampled, mode), mode);
      }, x),
    );
  }
}
