import type * as tf from '@tensorflow/tfjs-core';
import { dropValues, type DropoutOptions } from './drop-values.js';

/**
 * Stochastic depth, Huang et al. 2016: in training each sample of the batch is dropped as a whole with probability `rate`, and
 * the others are scaled by 1 / (1 - rate), so that the mean stays. [N,...] -> [N,...]
 */
export function dropPath<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  return dropValues('dropPath', x, [x.shape[0], ...x.shape.slice(1).map(() => 1)], options);
}
