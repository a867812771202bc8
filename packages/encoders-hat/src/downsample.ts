import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, LayerNorm2d, type Init } from '@rs/nn';

export interface DownsampleConfig {
  readonly dim: number; // C
  readonly keepDim?: boolean; // true: C channels out, else 2 C; default false
}

/** Between two stages: layer norm of each pixel, then a 3x3 convolution of stride 2. */
export class Downsample {
  readonly norm: LayerNorm2d;
  readonly reduction: readonly [Conv2d];

  constructor({ dim, keepDim = false }: DownsampleConfig, init: Init) {
    this.norm = new LayerNorm2d({ channels: dim });
    const outChannels = keepDim ? dim : 2 * dim;
    this.reduction = [new Conv2d({ inChannels: dim, outChannels, kernelSize: 3, stride: 2, padding: 1, bias: false }, init)];
  }

  /** [N,H,W,C] -> [N,ceil(H/2),ceil(W/2),2C], or C with keepDim */
  call(x: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => this.reduction[0].call(this.norm.call(x)));
  }
}
