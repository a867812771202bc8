import * as tf from '@tensorflow/tfjs-core';
import { softmax } from '@rs/nn';
import { alignByAssignment } from './align-by-assignment.js';
import { alignTokens, assertMoves, type AlignTokensOptions } from './align-tokens.js';
import { assertOneOf, assertPositive, assertTokenPair } from './assert-inputs.js';
import { cosineCost, type CosineCostOptions } from './cosine-cost.js';
import { planOf } from './hard-transport.js';
import { nearestTokens } from './nearest-tokens.js';
import { oneToOneAssignment, type Assignment } from './one-to-one-assignment.js';
import { sinkhorn } from './sinkhorn.js';
import { unbalancedSinkhorn } from './unbalanced-sinkhorn.js';

export interface LocalAlignOptions extends AlignTokensOptions, CosineCostOptions {
  /** How the plan is made of the cosine cost. `one-to-one` is computed on the host and cannot be part of a captured graph. Default argmin. */
  readonly method?: 'argmin' | 'one-to-one' | 'sinkhorn' | 'unbalanced';
  /**
   * Of argmin and one-to-one: `stop` takes the plan for a constant, which is exact almost everywhere; `straight-through` gives it the gradient of
   * softmax(-cost / temperature), and keeps matrices [B,n,m] for that. Default stop.
   */
  readonly gradient?: 'stop' | 'straight-through';
  readonly temperature?: number; // of straight-through; default 0.05
  readonly epsilon?: number; // of sinkhorn and unbalanced; default 0.05
  readonly iterations?: number; // of sinkhorn and unbalanced; default 50
  readonly rho?: number; // of unbalanced; default 1
}

export interface AlignedTokens {
  readonly alignedP: tf.Tensor3D; // [B,m,d], tokens of p at the places of g
  readonly alignedG: tf.Tensor3D; // [B,n,d], tokens of g at the places of p
}

/**
 * Each modality's tokens moved to the places of the other by transport under the cosine cost: alignTokens(p2g, xp) and alignTokens(g2p, xg).
 * Neither the cost matrix nor the plan of argmin is ever held as a whole.
 *
 * @param xp [B,n,d]
 * @param xg [B,m,d]
 * @throws RangeError when a sequence is empty, shapes or options do not agree; Error for one-to-one in a captured graph
 */
export function localAlign(xp: tf.Tensor3D, xg: tf.Tensor3D, options: LocalAlignOptions = {}): AlignedTokens {
  const { method = 'argmin', gradient = 'stop', temperature = 0.05, eps = 1e-8, normalization = 'mass', unmatched = 'zero' } = options;
  assertTokenPair(['localAlign: xp', xp], ['localAlign: xg', xg]);
  assertOneOf('localAlign: method', method, ['argmin', 'one-to-one', 'sinkhorn', 'unbalanced']);
  assertOneOf('localAlign: gradient', gradient, ['stop', 'straight-through']);
  assertPositive('localAlign: temperature', temperature);
  assertPositive('localAlign: eps', eps);
  const moves = { normalization, unmatched };
  assertMoves('localAlign', moves, [xp.shape[1], xg.shape[1]]);
  return tf.tidy(() => {
    if (method === 'sinkhorn' || method === 'unbalanced') {
      const plan = softPlan(cosineCost(xp, xg, { eps }), options);
      return { alignedP: alignTokens(plan, xp, moves), alignedG: alignTokens(tf.transpose(plan, [0, 2, 1]), xg, moves) };
    }
    const cost = method === 'one-to-one' || gradient === 'straight-through' ? cosineCost(xp, xg, { eps }) : undefined;
    const pairs = method === 'one-to-one' ? oneToOneAssignment(cost!) : undefined;
    const [there, back] = assignments(xp, xg, eps, pairs);
    if (gradient === 'stop') {
      const hard = (tokens: tf.Tensor3D, targets: tf.Tensor3D, assignment: () => tf.Tensor2D): tf.Tensor3D =>
        alignByAssignment({ tokens, targets: targets.shape[1], assignment, ...moves });
      return { alignedP: hard(xp, xg, there), alignedG: hard(xg, xp, back) };
    }
    return {
      alignedP: alignTokens(straightThrough(there(), cost!, temperature), xp, moves),
      alignedG: alignTokens(straightThrough(back(), tf.transpose(cost!, [0, 2, 1]), temperature), xg, moves),
    };
  });
}

function softPlan(cost: tf.Tensor3D, { method, epsilon = 0.05, iterations = 50, rho = 1 }: LocalAlignOptions): tf.Tensor3D {
  const { plan } = method === 'sinkhorn' ? sinkhorn(cost, { epsilon, iterations }) : unbalancedSinkhorn(cost, { epsilon, rho, iterations });
  return plan;
}

/** The target of each token, from p to g and from g to p. */
function assignments(xp: tf.Tensor3D, xg: tf.Tensor3D, eps: number, pairs?: Assignment): (() => tf.Tensor2D)[] {
  return pairs ? [() => pairs.p2g, () => pairs.g2p] : [() => nearestTokens(xp, xg, eps), () => nearestTokens(xg, xp, eps)];
}

/** The hard plan, with the gradient of softmax(-cost / temperature) / n. */
function straightThrough(assignment: tf.Tensor2D, cost: tf.Tensor3D, temperature: number): tf.Tensor3D {
  const [, n, m] = cost.shape;
  const soft = tf.div(softmax(tf.div(cost, -temperature)), n);
  const harden = tf.customGrad(() => ({ value: planOf(assignment, m), gradFunc: (dy: tf.Tensor) => dy }));
  return harden(soft) as tf.Tensor3D;
}
