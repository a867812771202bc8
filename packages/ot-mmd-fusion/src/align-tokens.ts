import * as tf from '@tensorflow/tfjs-core';
import { assertFilled, assertOneOf } from './assert-inputs.js';

export interface AlignTokensOptions {
  /** What a target gets of the moved tokens: their sum by mass, n times that, or their mean by mass. Default mass (the paper's M^T X). */
  readonly normalization?: 'mass' | 'row' | 'barycentric';
  /** What a target that gets no mass is: zeros, or the source's own token at its place (needs n = m). Default zero. */
  readonly unmatched?: 'zero' | 'self';
}

const leastMass = 1e-12;

/**
 * Tokens of the source moved along a transport plan, in the order of the target:
 *
 *     num_j = sum_i plan_ij tokens_i,  mass_j = sum_i plan_ij
 *     mass: num_j,  row: n num_j,  barycentric: num_j / mass_j where mass_j > 1e-12, else num_j
 *
 * The mass that divides takes part in the gradient.
 *
 * @param plan [B,n,m]
 * @param tokens [B,n,d] of the source
 * @returns [B,m,d]
 * @throws RangeError when the shapes do not agree, or unmatched is `self` and n is not m
 */
export function alignTokens(
  plan: tf.Tensor3D,
  tokens: tf.Tensor3D,
  { normalization = 'mass', unmatched = 'zero' }: AlignTokensOptions = {},
): tf.Tensor3D {
  assertFilled('alignTokens: tokens', tokens, [null, null, null]);
  const [batch, n] = tokens.shape;
  assertFilled('alignTokens: plan', plan, [batch, n, null]);
  assertMoves('alignTokens', { normalization, unmatched }, [n, plan.shape[2]]);
  const align = tf.customGrad((given, from, save) => {
    const [p, x] = [given as tf.Tensor3D, from as tf.Tensor3D];
    const mass = tf.expandDims(tf.sum(p, 1), -1); // [B,m,1]
    const matched = tf.greater(mass, leastMass);
    const factor =
      normalization === 'barycentric' ? tf.where(matched, tf.reciprocal(tf.where(matched, mass, 1)), 1) : rowFactor(normalization, n);
    const moved = tf.mul<tf.Tensor3D>(tf.matMul(p, x, true, false), factor); // [B,m,d]
    (save as tf.GradSaveFunc)([p, x, moved, factor, tf.cast(matched, 'float32')]);
    return {
      value: unmatched === 'self' ? tf.where(matched, moved, x) : moved,
      gradFunc: (dy: tf.Tensor, [p, x, moved, factor, matched]: tf.Tensor[]) => {
        const kept = unmatched === 'self' ? tf.mul(dy, matched) : dy; // a token of its own does not depend on the plan
        const dNum = tf.mul(kept, factor) as tf.Tensor3D; // [B,m,d]
        const dPlan = tf.matMul(x as tf.Tensor3D, dNum, false, true); // [B,n,m]
        const dTokens = tf.matMul(p as tf.Tensor3D, dNum); // [B,n,d]
        // mean = num / mass, so d mean / d mass = -mean / mass, where the mass divides
        const dMass = tf.neg(tf.sum(tf.mul(tf.mul(moved, dNum), matched), -1)); // [B,m]
        return [
          normalization === 'barycentric' ? tf.add(dPlan, tf.expandDims(dMass, 1)) : dPlan,
          unmatched === 'self' ? tf.add(dTokens, tf.sub(dy, kept)) : dTokens,
        ];
      },
    };
  });
  return align(plan, tokens) as tf.Tensor3D;
}

/** Throws a RangeError for an unknown option, or when tokens of their own are asked for and there is not one for each target. */
export function assertMoves(
  caller: string,
  { normalization, unmatched }: Required<AlignTokensOptions>,
  [n, m]: readonly [number, number],
): void {
  assertOneOf(`${caller}: normalization`, normalization, ['mass', 'row', 'barycentric']);
  assertOneOf(`${caller}: unmatched`, unmatched, ['zero', 'self']);
  if (unmatched === 'self' && n !== m) {
    throw new RangeError(`${caller}: unmatched "self" needs as many targets as tokens, got ${n} tokens and ${m} targets`);
  }
}

/** What num is multiplied by where its mass does not divide. */
export const rowFactor = (normalization: 'mass' | 'row' | 'barycentric', n: number): tf.Scalar =>
  tf.scalar(normalization === 'row' ? n : 1);
