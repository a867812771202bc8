import * as tf from '@tensorflow/tfjs-core';
import type { Init } from '../init.js';
import type { BatchNorm2d } from '../layers/batch-norm2d.js';
import { applyConvNorm, applyConvNormRelu, convNorm, type ConvNorm } from '../layers/conv-norm.js';
import type { Conv2d } from '../layers/conv2d.js';
import type { Mode } from '../mode.js';

export interface ResNetBlockConfig {
  readonly inChannels: number;
  readonly planes: number; // channels within; a bottleneck puts out four times as many
  readonly stride: number;
}

/** [N,H,W,inChannels] -> [N,ceil(H/stride),ceil(W/stride),outChannels] */
export interface ResNetBlock {
  readonly conv1: Conv2d;
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D;
}

/** Two convolutions 3x3 and a shortcut around them, He et al. 2016, figure 5 left. */
export class BasicBlock implements ResNetBlock {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample?: ConvNorm;

  constructor({ inChannels, planes, stride }: ResNetBlockConfig, init: Init) {
    [this.conv1, this.bn1] = convNorm({ inChannels, outChannels: planes, stride }, init);
    [this.conv2, this.bn2] = convNorm({ inChannels: planes, outChannels: planes }, init);
    if (stride !== 1 || inChannels !== planes) this.downsample = convNorm({ inChannels, outChannels: planes, kernelSize: 1, stride }, init);
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const hidden = applyConvNormRelu([this.conv1, this.bn1], x, mode);
      return joined(applyConvNorm([this.conv2, this.bn2], hidden, mode), x, this.downsample, mode);
    });
  }
}

export interface BottleneckBlockConfig extends ResNetBlockConfig {
  readonly dilation: number; // of the convolution 3x3
}

/** Convolutions 1x1, 3x3, 1x1 and a shortcut, He et al. 2016, figure 5 right; the stride is the 3x3's (torchvision's "v1.5"). */
export class BottleneckBlock implements ResNetBlock {
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample?: ConvNorm;

  constructor({ inChannels, planes, stride, dilation }: BottleneckBlockConfig, init: Init) {
    const outChannels = BottleneckBlock.expansion * planes;
    [this.conv1, this.bn1] = convNorm({ inChannels, outChannels: planes, kernelSize: 1 }, init);
    [this.conv2, this.bn2] = convNorm({ inChannels: planes, outChannels: planes, stride, dilation }, init);
    [this.conv3, this.bn3] = convNorm({ inChannels: planes, outChannels, kernelSize: 1 }, init);
    if (stride !== 1 || inChannels !== outChannels) this.downsample = convNorm({ inChannels, outChannels, kernelSize: 1, stride }, init);
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const reduced = applyConvNormRelu([this.conv1, this.bn1], x, mode);
      const hidden = applyConvNormRelu([this.conv2, this.bn2], reduced, mode);
      return joined(applyConvNorm([this.conv3, this.bn3], hidden, mode), x, this.downsample, mode);
    });
  }
}

/** relu(main + shortcut(x)) */
function joined(main: tf.Tensor4D, x: tf.Tensor4D, downsample: ConvNorm | undefined, mode: Mode): tf.Tensor4D {
  return tf.relu(tf.add(main, downsample ? applyConvNorm(downsample, x, mode) : x));
}
