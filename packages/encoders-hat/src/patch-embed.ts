import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm2d, Conv2d, type Init, type Mode } from '@rs/nn';

export interface PatchEmbedConfig {
  readonly inChans: number; // channels of the image
  readonly inDim: number; // channels between the convolutions
  readonly dim: number; // channels of the result
}

/** The stem of FasterViT: twice a 3x3 convolution of stride 2, batch norm and ReLU. */
export class PatchEmbed {
  readonly convDown: { readonly 0: Conv2d; readonly 1: BatchNorm2d; readonly 3: Conv2d; readonly 4: BatchNorm2d };

  constructor({ inChans, inDim, dim }: PatchEmbedConfig, init: Init) {
    const half = (inChannels: number, outChannels: number): Conv2d =>
      new Conv2d({ inChannels, outChannels, kernelSize: 3, stride: 2, padding: 1, bias: false }, init);
    const norm = (channels: number): BatchNorm2d => new BatchNorm2d({ channels, eps: 1e-4 });
    this.convDown = { 0: half(inChans, inDim), 1: norm(inDim), 3: half(inDim, dim), 4: norm(dim) };
  }

  /** [N,H,W,inChans] -> [N,ceil(H/4),ceil(W/4),dim] */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const { 0: conv1, 1: norm1, 3: conv2, 4: norm2 } = this.convDown;
    return tf.tidy(() => {
      const half = tf.relu(norm1.call(conv1.call(x), mode));
      return tf.relu(norm2.call(conv2.call(half), mode));
    });
  }
}
