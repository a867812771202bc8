import * as tf from '@tensorflow/tfjs-core';
import type { Conv2d, Init } from '@rs/nn';
import { paddedConv } from './padded-conv.js';
import { pixelShuffle } from './pixel-shuffle.js';

export interface DenseFusionTailConfig {
  readonly channels: number; // of each block's output
  readonly blocks: number;
  readonly upChannels: number; // after the upsampling
  readonly outChannels: number;
}

/** The end of a residual dense network, Zhang et al. 2018: the outputs of all blocks joined, the shallow features added, twice the size. */
export class DenseFusionTail {
  readonly GFF: readonly [Conv2d, Conv2d];
  readonly UPNet: { readonly 0: Conv2d; readonly 2: Conv2d };

  constructor({ channels, blocks, upChannels, outChannels }: DenseFusionTailConfig, init: Init) {
    this.GFF = [
      paddedConv({ inChannels: blocks * channels, outChannels: channels, kernelSize: 1 }, init),
      paddedConv({ inChannels: channels, outChannels: channels }, init),
    ];
    this.UPNet = {
      0: paddedConv({ inChannels: channels, outChannels: 4 * upChannels }, init),
      2: paddedConv({ inChannels: upChannels, outChannels }, init),
    };
  }

  /** outputs of the blocks and shallow features, [N,h,w,channels] each -> [N,2h,2w,outChannels] */
  call(outputs: readonly tf.Tensor4D[], shallow: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const fused = tf.add<tf.Tensor4D>(this.GFF[1].call(this.GFF[0].call(tf.concat([...outputs], -1))), shallow);
      return this.UPNet[2].call(pixelShuffle(this.UPNet[0].call(fused), 2));
    });
  }
}
