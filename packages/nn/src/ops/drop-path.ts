import * as tf from '@tensorflow/tfjs-core';
import type { Mode } from '../mode.js';
import { statelessUniform } from './stateless-uniform.js';

export interface DropPathOptions {
  readonly rate: number; // probability of dropping a sample, in [0, 1)
  readonly mode: Mode;
}

/**
 * Stochastic depth, Huang et al. 2016: in training each sample of the batch is dropped as a whole with probability `rate`, and
 * the others are scaled by 1 / (1 - rate), so that the mean stays. [N,...] -> [N,...]
 */
export function dropPath<T extends tf.Tensor>(x: T, { rate, mode }: DropPathOptions): T {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropPath: rate must be in [0, 1), got ${rate}`);
  if (mode === 'eval' || rate === 0) return tf.clone(x);
  const keep = 1 - rate;
  return tf.tidy(() => {
    const draws = statelessUniform([x.shape[0], ...x.shape.slice(1).map(() => 1)], mode.nextSeed());
    const factors = tf.div(tf.floor(tf.add(draws, keep)), keep); // 0 or 1 / keep
    return tf.mul(x, factors) as T;
  });
}
