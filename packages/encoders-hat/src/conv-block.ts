import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm2d, Conv2d, dropPath, gelu, type Init, type Mode } from '@rs/nn';
import { layerScaleVector } from './layer-scale.js';

export interface ConvBlockConfig {
  readonly dim: number;
  readonly layerScale?: number | null; // first value of the learned factors gamma; null: none; default null
  readonly kernelSize?: number; // odd; default 3
  readonly dropPathRate?: number; // default 0
}

/** Residual block of FasterViT's first stages: x + dropPath(gamma * norm2(conv2(gelu(norm1(conv1(x)))))). */
export class ConvBlock {
  readonly conv1: Conv2d;
  readonly norm1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly gamma?: tf.Variable<tf.Rank.R1>; // [C]
  readonly #dropPathRate: number;

  constructor({ dim, layerScale = null, kernelSize = 3, dropPathRate = 0 }: ConvBlockConfig, init: Init) {
    const conv = { inChannels: dim, outChannels: dim, kernelSize, padding: (kernelSize - 1) / 2 };
    this.conv1 = new Conv2d(conv, init);
    this.norm1 = new BatchNorm2d({ channels: dim });
    this.conv2 = new Conv2d(conv, init);
    this.norm2 = new BatchNorm2d({ channels: dim });
    if (layerScale !== null) this.gamma = layerScaleVector(dim, layerScale);
    this.#dropPathRate = dropPathRate;
  }

  /** [N,H,W,C] -> [N,H,W,C] */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const hidden = gelu(this.norm1.call(this.conv1.call(x), mode));
      const branch = this.norm2.call(this.conv2.call(hidden), mode);
      return tf.add(x, dropPath(this.gamma ? tf.mul<tf.Tensor4D>(branch, this.gamma) : branch, { rate: this.#dropPathRate, mode }));
    });
  }
}
