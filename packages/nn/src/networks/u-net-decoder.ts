import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import { applyConvNormRelu, convNorm, type ConvNorm } from '../layers/conv-norm.js';
import type { Mode } from '../mode.js';
import { resize, type ResizeOptions } from '../ops/resize.js';

export interface UNetDecoderConfig {
  readonly encoderChannels: readonly number[]; // of the stages, fine to coarse
  readonly decoderChannels: readonly number[]; // of the blocks, coarse to fine
  readonly upsampling?: Pick<ResizeOptions, 'mode' | 'alignCorners'>; // default nearest
}

/**
 * U-Net decoder, Ronneberger et al. 2015: each block brings the coarser map to the size of the next finer stage (twice its size when
 * there is none), puts that stage beside it, then twice convolution 3x3, batch norm, ReLU. EDC's decoders start from He uniform
 * weights: pass `kaimingUniformInit`.
 */
export class UNetDecoder {
  readonly encoderChannels: readonly number[];
  readonly blocks: readonly { readonly conv1: ConvNorm; readonly conv2: ConvNorm }[];
  readonly #upsampling: Pick<ResizeOptions, 'mode' | 'alignCorners'>;

  constructor({ encoderChannels, decoderChannels, upsampling = { mode: 'nearest' } }: UNetDecoderConfig, init: Init) {
    this.encoderChannels = encoderChannels;
    this.#upsampling = upsampling;
    const skips = [...encoderChannels].reverse();
    this.blocks = decoderChannels.map((outChannels, i) => {
      const below = i === 0 ? skips[0] : decoderChannels[i - 1];
      return {
        conv1: convNorm({ inChannels: below + (skips[i + 1] ?? 0), outChannels }, init),
        conv2: convNorm({ inChannels: outChannels, outChannels }, init),
      };
    });
  }

  /** stages fine to coarse, [N,H_i,W_i,C_i] -> the last block's map [N,H,W,C] */
  call(stages: readonly tf.Tensor4D[], mode: Mode): tf.Tensor4D {
    if (stages.length !== this.encoderChannels.length) {
      throw new RangeError(`UNetDecoder: stages must be ${this.encoderChannels.length} maps, got ${stages.length}`);
    }
    stages.forEach((stage, i) =>
      assertShape(`UNetDecoder: stages[${i}]`, stage, [stages[0].shape[0], null, null, this.encoderChannels[i]]),
    );
    return tf.tidy(() => {
      const [coarsest, ...skips] = [...stages].reverse();
      return this.blocks.reduce((x, { conv1, conv2 }, i) => {
        const skip = skips[i] as tf.Tensor4D | undefined;
        const size: [number, number] = skip ? [skip.shape[1], skip.shape[2]] : [2 * x.shape[1], 2 * x.shape[2]];
        const upsampled = resize(x, { size, ...this.#upsampling });
        const joined = skip ? tf.concat([upsampled, skip], -1) : upsampled;
        return applyConvNormRelu(conv2, applyConvNormRelu(conv1, joined, mode), mode);
      }, coarsest);
    });
  }
}
