import * as tf from '@tensorflow/tfjs-core';
import { gatherRows } from '@rs/nn';
import type { AlignTokensOptions } from './align-tokens.js';

interface AssignedTokens extends Required<AlignTokensOptions> {
  readonly tokens: tf.Tensor3D; // [B,n,d]
  readonly targets: number; // m
  /** The target of each token, int32 [B,n], -1 for none. Called where nothing is recorded for the backward pass. */
  readonly assignment: () => tf.Tensor2D;
}

/**
 * What `alignTokens` gives for the plan of an assignment, without the plan: tokens are summed by target. Linear in the tokens; the assignment is a
 * constant. -> [B,m,d]
 */
export function alignByAssignment({ tokens, targets, assignment, normalization, unmatched }: AssignedTokens): tf.Tensor3D {
  const [batch, n, features] = tokens.shape;
  const align = tf.customGrad((given, save) => {
    const x = given as tf.Tensor3D;
    const ids = placesInBatch(assignment(), targets); // [B n]
    const total = batch * targets;
    const sums = tf.unsortedSegmentSum(tf.reshape(x, [batch * n, features]), ids, total); // [B m,d]
    const counts = tf.unsortedSegmentSum(tf.ones<tf.Rank.R2>([batch * n, 1]), ids, total); // [B m,1]
    const factor =
      normalization === 'barycentric' ? tf.reciprocal(tf.maximum(counts, 1)) : tf.fill([1, 1], normalization === 'row' ? 1 : 1 / n);
    const moved = tf.reshape(tf.mul(sums, factor), [batch, targets, features]);
    const alone = tf.reshape(tf.cast(tf.equal(counts, 0), 'float32'), [batch, targets, 1]);
    (save as tf.GradSaveFunc)([ids, factor, alone]);
    return {
      value: unmatched === 'self' ? tf.add(moved, tf.mul(alone, x)) : moved,
      gradFunc: (dy: tf.Tensor, [ids, factor, alone]: tf.Tensor[]) => {
        const dSums = tf.mul(tf.reshape(dy, [total, features]), factor);
        const assigned = tf.cast(tf.greaterEqual(tf.reshape(ids, [-1, 1]), 0), 'float32'); // [B n,1]
        const gathered = gatherRows(dSums as tf.Tensor2D, tf.maximum(ids, tf.zerosLike(ids)) as tf.Tensor1D);
        const dTokens = tf.reshape(tf.mul(gathered, assigned), [batch, n, features]);
        return unmatched === 'self' ? tf.add(dTokens, tf.mul(alone, dy)) : dTokens;
      },
    };
  });
  return align(tokens) as tf.Tensor3D;
}

/** Targets counted through the batch, b m + j; -1 stays. */
function placesInBatch(assignment: tf.Tensor2D, targets: number): tf.Tensor1D {
  const [batch, n] = assignment.shape;
  const offsets = tf.mul(tf.reshape(tf.range(0, batch, 1, 'int32'), [batch, 1]), tf.scalar(targets, 'int32'));
  const places = tf.add(assignment, offsets); // below 0 would be places of the element before
  return tf.reshape(tf.where(tf.less(assignment, tf.zerosLike(assignment)), assignment, places), [batch * n]);
}
