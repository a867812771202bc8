import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import { conv2d, type Conv2dGeometry } from '../ops/conv2d.js';
import { pair, type Pair } from '../ops/pair.js';

export interface Conv2dConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Pair;
  readonly stride?: Pair; // default 1
  readonly padding?: Pair; // zeros on both sides; default 0
  readonly dilation?: Pair; // default 1
  readonly groups?: number; // must divide inChannels and outChannels; default 1
  readonly bias?: boolean; // default true
}

/** PyTorch's Conv2d. */
export class Conv2d {
  readonly torchLayout = { weight: [3, 2, 0, 1] } as const; // HWIO -> (O,I/groups,kH,kW)
  readonly weight: tf.Variable<tf.Rank.R4>; // [kH,kW,I/groups,O]
  readonly bias?: tf.Variable<tf.Rank.R1>; // [O]
  readonly #geometry: Conv2dGeometry;

  constructor(
    { inChannels, outChannels, kernelSize, stride = 1, padding = 0, dilation = 1, groups = 1, bias = true }: Conv2dConfig,
    init: Init,
  ) {
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new RangeError(`Conv2d: groups must divide inChannels (${inChannels}) and outChannels (${outChannels}), got ${groups}`);
    }
    const [height, width] = pair(kernelSize);
    const fans = { fanIn: (inChannels / groups) * height * width, fanOut: outChannels * height * width };
    this.#geometry = { stride: pair(stride), padding: pair(padding), dilation: pair(dilation), groups };
    this.weight = tf.tidy(() => tf.variable(init.weight([height, width, inChannels / groups, outChannels], fans) as tf.Tensor4D));
    if (bias) this.bias = tf.tidy(() => tf.variable(init.bias([outChannels], fans) as tf.Tensor1D));
  }

  /** [N,H,W,I] -> [N,H',W',O], H' = floor((H + 2 padding - dilation (kH - 1) - 1) / stride) + 1 */
  call(x: tf.Tensor4D): tf.Tensor4D {
    assertShape('Conv2d: x', x, [null, null, null, this.weight.shape[2] * this.#geometry.groups]);
    return conv2d({ x, filter: this.weight, bias: this.bias, ...this.#geometry });
  }
}
