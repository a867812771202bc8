import * as tf from '@tensorflow/tfjs-core';
import { assertFilled, assertPositive } from './assert-inputs.js';
import { entropicPlan, type EntropicPlan } from './entropic-plan.js';
import { massesOf } from './masses.js';

export interface SinkhornOptions {
  readonly epsilon: number; // weight of the entropy, above 0, in units of the cost
  readonly iterations: number; // rounds, exactly that many
}

/**
 * Entropic transport, Cuturi 2013, in the log domain from f = g = 0:
 *
 *     f_i = epsilon (log a_i - LSE_j((g_j - C_ij) / epsilon)),  g_j = epsilon (log b_j - LSE_i((f_i - C_ij) / epsilon))
 *     plan_ij = exp((f_i + g_j - C_ij) / epsilon)
 *
 * The columns of the plan are right after each round, the rows converge: `marginalError` tells how far they are. The gradient flows through all
 * rounds to the cost and the masses. A mass of 0 leaves its row or column empty.
 *
 * @param cost [B,n,m]
 * @param a [B,n] masses of the rows, >= 0, with a sum above 0; default 1/n; in all as much as b
 * @param b [B,m] masses of the columns; default 1/m
 * @throws RangeError when a shape is wrong, epsilon is not above 0, iterations is not a positive integer, or a mass is negative
 * or not finite or all are 0 (masses are not read while a graph is being captured)
 */
export function sinkhorn(cost: tf.Tensor3D, { epsilon, iterations }: SinkhornOptions, a?: tf.Tensor2D, b?: tf.Tensor2D): EntropicPlan {
  assertFilled('sinkhorn: cost', cost, [null, null, null]);
  assertRounds('sinkhorn', epsilon, iterations);
  return tf.tidy(() => {
    const masses = massesOf({ caller: 'sinkhorn', cost, a, b });
    return { ...entropicPlan({ cost, ...masses, epsilon, phi: 1, iterations }) };
  });
}

export function assertRounds(caller: string, epsilon: number, iterations: number): void {
  assertPositive(`${caller}: epsilon`, epsilon);
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new RangeError(`${caller}: iterations must be a positive integer, got ${iterations}`);
  }
}
