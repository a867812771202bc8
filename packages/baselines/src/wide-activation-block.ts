import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, conv2d, type Conv2dConfig, type Init } from '@rs/nn';

/** A residual block that is wide before its activation and narrow after it, with weight normalisation, Yu et al. 2018 (WDSR-B): 6 and 0.8 times. */
export class WideActivationBlock {
  readonly body: { readonly 0: NormalisedConv; readonly 2: NormalisedConv; readonly 3: NormalisedConv };

  constructor(channels: number, init: Init) {
    const [wide, narrow] = [6 * channels, Math.floor(0.8 * channels)];
    this.body = {
      0: new NormalisedConv({ inChannels: channels, outChannels: wide, kernelSize: 1 }, init),
      2: new NormalisedConv({ inChannels: wide, outChannels: narrow, kernelSize: 1 }, init),
      3: new NormalisedConv({ inChannels: narrow, outChannels: channels, kernelSize: 3 }, init),
    };
  }

  /** [N,H,W,C] -> [N,H,W,C] */
  call(x: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => tf.add(x, this.body[3].call(this.body[2].call(tf.relu(this.body[0].call(x))))));
  }
}

type NormalisedConvConfig = Pick<Conv2dConfig, 'inChannels' | 'outChannels'> & { readonly kernelSize: number };

/** A convolution whose filters are g v / |v|, Salimans and Kingma 2016, eq. (2); g starts as |v|, under PyTorch's names. */
class NormalisedConv {
  readonly torchLayout = { weightV: [3, 2, 0, 1], weightG: [3, 2, 0, 1] } as const; // HWIO -> (O,I,kH,kW)
  readonly weightV: tf.Variable<tf.Rank.R4>; // [kH,kW,I,O]
  readonly weightG: tf.Variable<tf.Rank.R4>; // [1,1,1,O]
  readonly bias: tf.Variable<tf.Rank.R1>; // [O]

  constructor(config: NormalisedConvConfig, init: Init) {
    const { weight, bias } = new Conv2d(config, init);
    this.weightV = weight;
    this.weightG = tf.tidy(() => tf.variable(lengths(weight)));
    this.bias = bias!;
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    const filter = tf.mul<tf.Tensor4D>(this.weightV, tf.div(this.weightG, lengths(this.weightV)));
    return conv2d({ x, filter, bias: this.bias, padding: (this.weightV.shape[0] - 1) / 2 });
  }
}

/** |v| of each filter: [kH,kW,I,O] -> [1,1,1,O]; finite for a filter of zeros. */
const lengths = (v: tf.Tensor4D): tf.Tensor4D => tf.sqrt(tf.add(tf.sum<tf.Tensor4D>(tf.square(v), [0, 1, 2], true), 1e-24));
