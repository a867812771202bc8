import * as tf from '@tensorflow/tfjs-core';
import { assertFilled, assertPositive } from './assert-inputs.js';
import { entropicPlan, type EntropicPlan } from './entropic-plan.js';
import { massesOf } from './masses.js';
import { assertRounds, type SinkhornOptions } from './sinkhorn.js';

export interface UnbalancedSinkhornOptions extends SinkhornOptions {
  readonly rho: number; // price of leaving a marginal, above 0; towards infinity the plan is that of sinkhorn
}

/**
 * Unbalanced entropic transport, Chizat et al. 2018: minimises <P,C> + epsilon KL(P | a b^T) + rho KL(P1 | a) + rho KL(P^T 1 | b). With
 * phi = rho / (rho + epsilon), from f = g = 0:
 *
 *     f_i = -phi epsilon LSE_j(log b_j + (g_j - C_ij) / epsilon),  g_j = -phi epsilon LSE_i(log a_i + (f_i - C_ij) / epsilon)
 *     plan_ij = a_i b_j exp((f_i + g_j - C_ij) / epsilon)
 *
 * At the solution the rows weigh a_i exp(-f_i / rho); `marginalError` tells how far they are from that. The masses need not sum to one, nor to
 * the same. The gradient flows through all rounds to the cost and the masses.
 *
 * @param cost [B,n,m]
 * @param a [B,n] masses of the rows, >= 0, with a sum above 0; default 1/n
 * @param b [B,m] masses of the columns; default 1/m
 * @throws RangeError as `sinkhorn`, and when rho is not above 0
 */
export function unbalancedSinkhorn(
  cost: tf.Tensor3D,
  { epsilon, rho, iterations }: UnbalancedSinkhornOptions,
  a?: tf.Tensor2D,
  b?: tf.Tensor2D,
): EntropicPlan {
  assertFilled('unbalancedSinkhorn: cost', cost, [null, null, null]);
  assertRounds('unbalancedSinkhorn', epsilon, iterations);
  assertPositive('unbalancedSinkhorn: rho', rho);
  return tf.tidy(() => {
    const masses = massesOf({ caller: 'unbalancedSinkhorn', cost, a, b });
    return { ...entropicPlan({ cost, ...masses, epsilon, phi: rho / (rho + epsilon), iterations }) };
  });
}
