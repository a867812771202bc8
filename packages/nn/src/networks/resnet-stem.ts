import * as tf from '@tensorflow/tfjs-core';
import type { Init } from '../init.js';
import { BatchNorm2d } from '../layers/batch-norm2d.js';
import { Conv2d } from '../layers/conv2d.js';
import type { Mode } from '../mode.js';
import { maxPool2d } from '../ops/max-pool2d.js';

export interface ResNetStemConfig {
  readonly inChannels: number;
  readonly width?: number; // output channels; default 64
}

/** How a ResNet begins, He et al. 2016, table 1: convolution 7x7 stride 2, batch norm, ReLU, max pool 3x3 stride 2. */
export class ResNetStem {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;

  constructor({ inChannels, width = 64 }: ResNetStemConfig, init: Init) {
    this.conv1 = new Conv2d({ inChannels, outChannels: width, kernelSize: 7, stride: 2, padding: 3, bias: false }, init);
    this.bn1 = new BatchNorm2d({ channels: width });
  }

  /** [N,H,W,inChannels] -> [N,ceil(H/4),ceil(W/4),width] */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => maxPool2d(tf.relu(this.bn1.call(this.conv1.call(x), mode)), { kernelSize: 3, stride: 2, padding: 1 }));
  }
}
