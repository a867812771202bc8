import * as tf from '@tensorflow/tfjs-core';
import { ResNetEncoder, type BatchNorm2d, type Conv2d, type Init, type Mode, type ResNetBlock } from '@rs/nn';
import { activated, convNorm, normed, type ConvNorm } from './conv-norm.js';

export interface DilatedResNetConfig {
  readonly inChannels: number;
  readonly layers: readonly [number, number, number, number]; // bottlenecks of each layer
  readonly width?: number; // planes of layer 1; default 64
}

/**
 * ResNet of bottlenecks whose last two layers dilate instead of stride, Chen et al. 2017, so that they stay at stride 8; with torchvision's names.
 * As there the first block of a dilated layer still has the dilation of the layer before.
 */
export class DilatedResNet {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: readonly ResNetBlock[];
  readonly layer2: readonly ResNetBlock[];
  readonly layer3: readonly DilatedBottleneck[];
  readonly layer4: readonly DilatedBottleneck[];
  readonly channels: readonly number[]; // of each layer's output
  readonly #early: ResNetEncoder;

  constructor({ inChannels, layers, width = 64 }: DilatedResNetConfig, init: Init) {
    this.#early = new ResNetEncoder({ block: 'bottleneck', layers: layers.slice(0, 2), width, inChannels }, init);
    this.channels = [...this.#early.channels, 16 * width, 32 * width];
    const layer = (index: number, dilations: readonly [number, number]): DilatedBottleneck[] =>
      Array.from({ length: layers[index] }, (_, i) => {
        const from = this.channels[i === 0 ? index - 1 : index];
        return new DilatedBottleneck({ inChannels: from, outChannels: this.channels[index], dilation: dilations[i === 0 ? 0 : 1] }, init);
      });
    this.conv1 = this.#early.conv1!;
    this.bn1 = this.#early.bn1!;
    this.layer1 = this.#early.layer1;
    this.layer2 = this.#early.layer2;
    this.layer3 = layer(2, [1, 2]);
    this.layer4 = layer(3, [2, 4]);
  }

  /** [N,H,W,inChannels] -> the output of each layer: strides 4, 8, 8, 8 */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D[] {
    return tf.tidy(() => {
      const early = this.#early.call(x, mode);
      const third = this.layer3.reduce((features, block) => block.call(features, mode), early[1]);
      return [...early, third, this.layer4.reduce((features, block) => block.call(features, mode), third)];
    });
  }
}

/** Convolutions 1x1, 3x3 with dilation, 1x1 and a shortcut. */
class DilatedBottleneck {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample?: ConvNorm;

  constructor({ inChannels, outChannels, dilation }: { inChannels: number; outChannels: number; dilation: number }, init: Init) {
    const planes = outChannels / 4;
    [this.conv1, this.bn1] = convNorm({ inChannels, outChannels: planes, kernelSize: 1 }, init);
    [this.conv2, this.bn2] = convNorm({ inChannels: planes, outChannels: planes, dilation }, init);
    [this.conv3, this.bn3] = convNorm({ inChannels: planes, outChannels, kernelSize: 1 }, init);
    if (inChannels !== outChannels) this.downsample = convNorm({ inChannels, outChannels, kernelSize: 1 }, init);
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const hidden = activated([this.conv2, this.bn2], activated([this.conv1, this.bn1], x, mode), mode);
      const shortcut = this.downsample ? normed(this.downsample, x, mode) : x;
      return tf.relu(tf.add(normed([this.conv3, this.bn3], hidden, mode), shortcut));
    });
  }
}
