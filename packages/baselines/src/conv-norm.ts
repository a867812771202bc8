import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm2d, Conv2d, type Init, type Mode } from '@rs/nn';

/** A convolution without bias and its norm. */
export type ConvNorm = readonly [Conv2d, BatchNorm2d];

interface ConvNormConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize?: number; // odd; default 3
  readonly dilation?: number; // default 1
  readonly stride?: number; // default 1
}

/** Padded so that the size stays, up to the stride. */
export function convNorm({ kernelSize = 3, dilation = 1, ...config }: ConvNormConfig, init: Init): ConvNorm {
  const padding = ((kernelSize - 1) / 2) * dilation;
  return [new Conv2d({ ...config, kernelSize, dilation, padding, bias: false }, init), new BatchNorm2d({ channels: config.outChannels })];
}

export const normed = ([conv, norm]: ConvNorm, x: tf.Tensor4D, mode: Mode): tf.Tensor4D => norm.call(conv.call(x), mode);

/** relu(norm(conv(x))) */
export const activated = (pair: ConvNorm, x: tf.Tensor4D, mode: Mode): tf.Tensor4D => tf.relu(normed(pair, x, mode));
