import * as tf from '@tensorflow/tfjs-core';
import type { Init } from '../init.js';
import { BatchNorm2d } from '../layers/batch-norm2d.js';
import { Conv2d } from '../layers/conv2d.js';
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

type Projection = readonly [Conv2d, BatchNorm2d];

/** Two convolutions 3x3 and a shortcut around them, He et al. 2016, figure 5 left. */
export class BasicBlock implements ResNetBlock {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample?: Projection;

  constructor({ inChannels, planes, stride }: ResNetBlockConfig, init: Init) {
    this.conv1 = conv({ inChannels, outChannels: planes, kernelSize: 3, stride }, init);
    this.bn1 = new BatchNorm2d({ channels: planes });
    this.conv2 = conv({ inChannels: planes, outChannels: planes, kernelSize: 3, stride: 1 }, init);
    this.bn2 = new BatchNorm2d({ channels: planes });
    if (stride !== 1 || inChannels !== planes) this.downsample = projection(inChannels, planes, stride, init);
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const hidden = tf.relu(this.bn1.call(this.conv1.call(x), mode));
      return joined(this.bn2.call(this.conv2.call(hidden), mode), x, this.downsample, mode);
    });
  }
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
  readonly downsample?: Projection;

  constructor({ inChannels, planes, stride }: ResNetBlockConfig, init: Init) {
    const outChannels = BottleneckBlock.expansion * planes;
    this.conv1 = conv({ inChannels, outChannels: planes, kernelSize: 1, stride: 1 }, init);
    this.bn1 = new BatchNorm2d({ channels: planes });
    this.conv2 = conv({ inChannels: planes, outChannels: planes, kernelSize: 3, stride }, init);
    this.bn2 = new BatchNorm2d({ channels: planes });
    this.conv3 = conv({ inChannels: planes, outChannels, kernelSize: 1, stride: 1 }, init);
    this.bn3 = new BatchNorm2d({ channels: outChannels });
    if (stride !== 1 || inChannels !== outChannels) this.downsample = projection(inChannels, outChannels, stride, init);
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const reduced = tf.relu(this.bn1.call(this.conv1.call(x), mode));
      const hidden = tf.relu(this.bn2.call(this.conv2.call(reduced), mode));
      return joined(this.bn3.call(this.conv3.call(hidden), mode), x, this.downsample, mode);
    });
  }
}

/** relu(main + shortcut(x)) */
function joined(main: tf.Tensor4D, x: tf.Tensor4D, downsample: Projection | undefined, mode: Mode): tf.Tensor4D {
  return tf.relu(tf.add(main, downsample ? downsample[1].call(downsample[0].call(x), mode) : x));
}

function projection(inChannels: number, outChannels: number, stride: number, init: Init): Projection {
  return [conv({ inChannels, outChannels, kernelSize: 1, stride }, init), new BatchNorm2d({ channels: outChannels })];
}

interface ConvSizes {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
}

const conv = (sizes: ConvSizes, init: Init): Conv2d => new Conv2d({ ...sizes, padding: (sizes.kernelSize - 1) / 2, bias: false }, init);
