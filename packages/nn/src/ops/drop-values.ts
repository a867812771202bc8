import * as tf from '@tensorflow/tfjs-core';
import type { Mode } from '../mode.js';
import { statelessUniform } from './stateless-uniform.js';

export interface DropoutOptions {
  readonly rate: number; // probability of dropping, in [0, 1)
  readonly mode: Mode; // 'eval': nothing is dropped
}

/**
 * In training x times 0 with probability `rate`, else times 1 / (1 - rate), so that the mean stays; one draw for each element of `draws`.
 *
 * @param name of the function that an error speaks of
 * @param draws a shape that broadcasts to x's
 */
export function dropValues<T extends tf.Tensor>(name: string, x: T, draws: number[], { rate, mode }: DropoutOptions): T {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`${name}: rate must be in [0, 1), got ${rate}`);
  if (mode === 'eval' || rate === 0) return tf.clone(x);
  const keep = 1 - rate;
  return tf.tidy(() => {
    const factors = tf.div(tf.floor(tf.add(statelessUniform(draws, mode.nextSeed()), keep)), keep); // 0 or 1 / keep
    return tf.mul(x, factors) as T;
  });
}
