import * as tf from '@tensorflow/tfjs-core';
import { assertShape, BatchNorm2d, Conv2d, resize, type Init, type Mode } from '@rs/nn';

export interface UNetDecoderConfig {
  readonly encoderChannels: readonly number[]; // of the stages, fine to coarse
  readonly decoderChannels: readonly number[]; // of the blocks, coarse to fine
}

interface Block {
  readonly conv1: readonly [Conv2d, BatchNorm2d];
  readonly conv2: readonly [Conv2d, BatchNorm2d];
}

/**
 * U-Net decoder, Ronneberger et al. 2015, with nearest upsampling: each block brings the coarser map to the size of the next finer
 * stage (twice its size when there is none), puts that stage beside it, then twice convolution 3x3, batch norm, ReLU. The
 * paper's decoders start from He uniform weights: pass `kaimingUniformInit`.
 */
export class UNetDecoder {
  readonly encoderChannels: readonly number[];
  readonly blocks: readonly Block[];

  constructor({ encoderChannels, decoderChannels }: UNetDecoderConfig, init: Init) {
    this.encoderChannels = encoderChannels;
    const skips = [...encoderChannels].reverse();
    this.blocks = decoderChannels.map((channels, i) => {
      const below = i === 0 ? skips[0] : decoderChannels[i - 1];
      return { conv1: convNorm(below + (skips[i + 1] ?? 0), channels, init), conv2: convNorm(channels, channels, init) };
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
      return this.blocks.reduce((x, block, i) => {
        const skip = skips[i] as tf.Tensor4D | undefined;
        const size: [number, number] = skip ? [skip.shape[1], skip.shape[2]] : [2 * x.shape[1], 2 * x.shape[2]];
        const upsampled = resize(x, { size, mode: 'nearest' });
        const joined = skip ? tf.concat([upsampled, skip], -1) : upsampled;
        return activate(block.conv2, activate(block.conv1, joined, mode), mode);
      }, coarsest);
    });
  }
}

const convNorm = (inChannels: number, outChannels: number, init: Init): [Conv2d, BatchNorm2d] => [
  new Conv2d({ inChannels, outChannels, kernelSize: 3, padding: 1, bias: false }, init),
  new BatchNorm2d({ channels: outChannels }),
];

const activate = ([conv, norm]: readonly [Conv2d, BatchNorm2d], x: tf.Tensor4D, mode: Mode): tf.Tensor4D =>
  tf.relu(norm.call(conv.call(x), mode));
