import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import { convTranspose2d, type ConvTranspose2dGeometry } from '../ops/conv-transpose2d.js';
import { pair, type Pair } from '../ops/pair.js';

export interface ConvTranspose2dConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Pair;
  readonly stride?: Pair; // default 1
  readonly padding?: Pair; // what is cut from both sides; default 0
  readonly outputPadding?: Pair; // added to the end, below stride; default 0
  readonly bias?: boolean; // default true
}

/** PyTorch's ConvTranspose2d, without groups and dilation. */
export class ConvTranspose2d {
  readonly torchLayout = { weight: [3, 2, 0, 1] } as const; // HWOI -> (I,O,kH,kW)
  readonly weight: tf.Variable<tf.Rank.R4>; // [kH,kW,O,I]
  readonly bias?: tf.Variable<tf.Rank.R1>; // [O]
  readonly #geometry: ConvTranspose2dGeometry;

  constructor(config: ConvTranspose2dConfig, init: Init) {
    const { inChannels, outChannels, kernelSize, stride = 1, padding = 0, outputPadding = 0, bias = true } = config;
    const [height, width] = pair(kernelSize);
    const fans = { fanIn: outChannels * height * width, fanOut: inChannels * height * width }; // as PyTorch counts (I,O,kH,kW)
    this.#geometry = { stride: pair(stride), padding: pair(padding), outputPadding: pair(outputPadding) };
    if (this.#geometry.outputPadding.some((size, axis) => size >= this.#geometry.stride[axis])) {
      throw new RangeError(
        `ConvTranspose2d: outputPadding must be below stride [${this.#geometry.stride}], got [${this.#geometry.outputPadding}]`,
      );
    }
    this.weight = tf.tidy(() => tf.variable(init.weight([height, width, outChannels, inChannels], fans) as tf.Tensor4D));
    if (bias) this.bias = tf.tidy(() => tf.variable(init.bias([outChannels], fans) as tf.Tensor1D));
  }

  /** [N,H,W,I] -> [N,H',W',O], H' = (H - 1) stride - 2 padding + kH + outputPadding */
  call(x: tf.Tensor4D): tf.Tensor4D {
    assertShape('ConvTranspose2d: x', x, [null, null, null, this.weight.shape[3]]);
    return convTranspose2d({ x, filter: this.weight, bias: this.bias, ...this.#geometry });
  }
}
