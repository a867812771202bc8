import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import type { BatchNorm2d } from '../layers/batch-norm2d.js';
import type { Conv2d } from '../layers/conv2d.js';
import type { Mode } from '../mode.js';
import { BasicBlock, BottleneckBlock, type ResNetBlock } from './resnet-block.js';
import { ResNetStem } from './resnet-stem.js';

export interface ResNetConfig {
  readonly block: 'basic' | 'bottleneck';
  readonly layers: readonly number[]; // blocks of each layer, two to four layers
  readonly width?: number | readonly number[]; // planes of layer 1, doubled from layer to layer, or those of each layer; default 64
  readonly inChannels?: number; // default 3
  readonly stem?: boolean; // false: starts at layer 1, of inChannels = its planes; default true
  readonly outputStride?: 4 | 8 | 16 | 32; // behind a stem, of bottlenecks; layers that would go beyond dilate instead of stride; default 32
}

/**
 * ResNet without its head, He et al. 2016, as torchvision has it ("v1.5": a bottleneck's stride sits in its 3x3 convolution), with its names
 * of parameters: `conv1.weight`, `bn1.weight`, `layer1.0.conv1.weight`, ... A layer's blocks put out its planes, of a bottleneck four times as
 * many; the first block of each layer but the first has stride 2. `stem` and `stage` are the steps of `call`, for who goes between them.
 * Layers beyond `outputStride` dilate twice as far as those before them instead, Chen et al. 2017, as torchvision does: their first block still has the
 * dilation of the layer before.
 */
export class ResNetEncoder {
  readonly conv1?: Conv2d;
  readonly bn1?: BatchNorm2d;
  readonly layer1: readonly ResNetBlock[];
  readonly layer2: readonly ResNetBlock[];
  readonly layer3?: readonly ResNetBlock[];
  readonly layer4?: readonly ResNetBlock[];
  readonly channels: readonly number[]; // of each layer's output
  readonly #stem?: ResNetStem;
  readonly #layers: readonly (readonly ResNetBlock[])[];

  constructor({ block, layers, width = 64, inChannels = 3, stem = true, outputStride = 32 }: ResNetConfig, init: Init) {
    const planes = typeof width === 'number' ? layers.map((_, i) => width * 2 ** i) : width;
    assertSizes(layers, planes, stem ? undefined : inChannels);
    if (block === 'basic' && outputStride !== 32) {
      throw new RangeError(`ResNetEncoder: outputStride must be 32 for basic blocks, got ${outputStride}`);
    }
    const Block = block === 'basic' ? BasicBlock : BottleneckBlock;
    if (stem) {
      this.#stem = new ResNetStem({ inChannels, width: planes[0] }, init);
      this.conv1 = this.#stem.conv1;
      this.bn1 = this.#stem.bn1;
    }
    this.channels = planes.map((count) => count * Block.expansion);
    const dilations = layers.map((_, i) => Math.max(1, 2 ** (i + 2) / outputStride)); // the stem's stride is 4
    this.#layers = layers.map((depth, i) => {
      const before = i === 0 ? { channels: planes[0], dilation: 1 } : { channels: this.channels[i - 1], dilation: dilations[i - 1] };
      const first = { inChannels: before.channels, stride: i > 0 && dilations[i] === 1 ? 2 : 1, dilation: before.dilation };
      const later = { inChannels: this.channels[i], stride: 1, dilation: dilations[i] };
      return Array.from({ length: depth }, (_, j) => new Block({ ...(j === 0 ? first : later), planes: planes[i] }, init));
    });
    [this.layer1, this.layer2] = this.#layers;
    if (layers.length > 2) this.layer3 = this.#layers[2];
    if (layers.length > 3) this.layer4 = this.#layers[3];
  }

  /** [N,H,W,inChannels] -> the output of each layer, fine to coarse: with stem [N,ceil(H/4),ceil(W/4),channels[0]], half as large each next up to outputStride. */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D[] {
    return tf.tidy(() => {
      const stages: tf.Tensor4D[] = [];
      for (const index of this.#layers.keys()) {
        stages.push(this.stage(index, stages[index - 1] ?? (this.#stem ? this.stem(x, mode) : x), mode));
      }
      return stages;
    });
  }

  /** [N,H,W,inChannels] -> [N,ceil(H/4),ceil(W/4),planes of layer 1] @throws Error when there is no stem */
  stem(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    if (!this.#stem) throw new Error('ResNetEncoder: it was built without a stem');
    return this.#stem.call(x, mode);
  }

  /** The output of one layer (index 0..3) from that of the layer before, of the stem at first. */
  stage(index: number, x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const blocks = this.#layers[index];
    if (!blocks) throw new RangeError(`ResNetEncoder: index must be 0..${this.#layers.length - 1}, got ${index}`);
    assertShape(`ResNetEncoder: x of layer ${index + 1}`, x, [null, null, null, blocks[0].conv1.weight.shape[2]]);
    return tf.tidy(() => blocks.reduce((features, block) => block.call(features, mode), x));
  }
}

function assertSizes(layers: readonly number[], planes: readonly number[], entry: number | undefined): void {
  const positive = (values: readonly number[]): boolean => values.every((value) => Number.isInteger(value) && value > 0);
  if (layers.length < 2 || layers.length > 4 || !positive(layers)) {
    throw new RangeError(`ResNetEncoder: layers must be two to four positive integers, got [${layers}]`);
  }
  if (planes.length !== layers.length || !positive(planes)) {
    throw new RangeError(`ResNetEncoder: width must be a positive integer or one for each of ${layers.length} layers, got [${planes}]`);
  }
  if (entry !== undefined && entry !== planes[0]) {
    throw new RangeError(`ResNetEncoder: without stem, inChannels must be the width ${planes[0]}, got ${entry}`);
  }
}
