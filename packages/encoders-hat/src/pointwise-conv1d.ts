import * as tf from '@tensorflow/tfjs-core';
import { linear, type Init, type LinearConfig } from '@rs/nn';

/** PyTorch's Conv1d with a kernel of 1, on [...,in]: a linear layer whose weight is (out,in,1) in a checkpoint. */
export class PointwiseConv1d {
  readonly torchLayout = { weight: [2, 1, 0] } as const; // [1,in,out] -> (out,in,1)
  readonly weight: tf.Variable<tf.Rank.R3>; // [1,in,out]
  readonly bias?: tf.Variable<tf.Rank.R1>; // [out]

  constructor({ inFeatures, outFeatures, bias = true }: LinearConfig, init: Init) {
    const fans = { fanIn: inFeatures, fanOut: outFeatures };
    this.weight = tf.tidy(() => tf.variable(init.weight([1, inFeatures, outFeatures], fans) as tf.Tensor3D));
    if (bias) this.bias = tf.tidy(() => tf.variable(init.bias([outFeatures], fans) as tf.Tensor1D));
  }

  /** [...,in] -> [...,out] */
  call<T extends tf.Tensor>(x: T): T {
    const [, inFeatures, outFeatures] = this.weight.shape;
    return linear({ x, weight: tf.reshape(this.weight, [inFeatures, outFeatures]), bias: this.bias });
  }
}
