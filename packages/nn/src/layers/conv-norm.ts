import * as tf from '@tensorflow/tfjs-core';
import type { Init } from '../init.js';
import type { Mode } from '../mode.js';
import { BatchNorm2d } from './batch-norm2d.js';
import { Conv2d } from './conv2d.js';

/** A convolution without bias and its norm, numbered children 0 and 1 as in PyTorch's Sequential. */
export type ConvNorm = readonly [Conv2d, BatchNorm2d];

export interface ConvNormConfig {
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

/** norm(conv(x)): [N,H,W,inChannels] -> [N,ceil(H/stride),ceil(W/stride),outChannels] */
export function applyConvNorm([conv, norm]: ConvNorm, x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
  return tf.tidy(() => norm.call(conv.call(x), mode));
}

/** relu(norm(conv(x))): [N,H,W,inChannels] -> [N,ceil(H/stride),ceil(W/stride),outChannels] */
export function applyConvNormRelu(pair: ConvNorm, x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
  return tf.tidy(() => tf.relu(applyConvNorm(pair, x, mode)));
}
