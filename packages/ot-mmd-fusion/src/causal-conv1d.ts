import * as tf from '@tensorflow/tfjs-core';
import { conv2d, type Init } from '@rs/nn';

export interface CausalConv1dConfig {
  readonly channels: number;
  readonly kernelSize: number;
}

/** A depthwise convolution along tokens in which no token sees a later one: zeros stand before the first. */
export class CausalConv1d {
  readonly torchLayout = { weight: [2, 1, 0] } as const; // [k,1,C] -> (C,1,k)
  readonly weight: tf.Variable<tf.Rank.R3>; // [k,1,C]
  readonly bias: tf.Variable<tf.Rank.R1>; // [C]

  constructor({ channels, kernelSize }: CausalConv1dConfig, init: Init) {
    const fans = { fanIn: kernelSize, fanOut: channels * kernelSize };
    this.weight = tf.tidy(() => tf.variable(init.weight([kernelSize, 1, channels], fans) as tf.Tensor3D));
    this.bias = tf.tidy(() => tf.variable(init.bias([channels], fans) as tf.Tensor1D));
  }

  /** [B,L,C] -> [B,L,C] */
  call(tokens: tf.Tensor3D): tf.Tensor3D {
    const [kernelSize, , channels] = this.weight.shape;
    const [batch, length] = tokens.shape;
    const row = tf.reshape<tf.Rank.R4>(tf.pad(tokens, [[0, 0], [kernelSize - 1, 0], [0, 0]]), [batch, 1, length + kernelSize - 1, channels]); // prettier-ignore
    const filter = tf.reshape<tf.Rank.R4>(this.weight, [1, kernelSize, 1, channels]);
    return tf.reshape<tf.Rank.R3>(conv2d({ x: row, filter, bias: this.bias, groups: channels }), tokens.shape);
  }
}
