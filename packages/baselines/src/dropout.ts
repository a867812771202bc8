import * as tf from '@tensorflow/tfjs-core';
import { dropPath, type Mode } from '@rs/nn';

export interface DropoutOptions {
  readonly rate: number; // probability of dropping, in [0, 1)
  readonly mode: Mode;
}

/** Dropout, Srivastava et al. 2014: in training each value is dropped with probability `rate`, and the others scaled by 1 / (1 - rate). */
export function dropout<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  if (options.mode === 'eval' || options.rate === 0) return x;
  return tf.reshape(dropPath(tf.reshape(x, [x.size, 1]), options), x.shape) as T; // one draw a value
}

/** The same for whole channels of a sample, Tompson et al. 2015: [N,H,W,C] -> [N,H,W,C] */
export function dropoutChannels(x: tf.Tensor4D, options: DropoutOptions): tf.Tensor4D {
  if (options.mode === 'eval' || options.rate === 0) return x;
  const [n, , , channels] = x.shape;
  return tf.mul(x, tf.reshape(dropPath(tf.ones([n * channels, 1]), options), [n, 1, 1, channels]));
}
