import type * as tf from '@tensorflow/tfjs-core';
import { dropValues, type DropoutOptions } from './drop-values.js';

/** Dropout, Srivastava et al. 2014: in training each value is dropped with probability `rate`, and the others scaled by 1 / (1 - rate). */
export function dropout<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  return dropValues('dropout', x, x.shape, options);
}

/** The same for whole channels of a sample, Tompson et al. 2015: [N,H,W,C] -> [N,H,W,C] */
export function dropoutChannels(x: tf.Tensor4D, options: DropoutOptions): tf.Tensor4D {
  return dropValues('dropoutChannels', x, [x.shape[0], 1, 1, x.shape[3]], options);
}
