import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';
import { contrast } from './contrast.js';
import { unitLength } from './unit-length.js';

export interface SupervisedCrossModalInfoNceOptions {
  readonly temperature?: number; // tau; default 0.07, MoCo's: the paper names none
  readonly reduction?: 'mean' | 'sum'; // over the anchors; eq. (5) is a sum; default mean
  readonly symmetric?: boolean; // the mean with the same loss of f2's rows as anchors; default false
  readonly eps?: number; // the smallest length that a row is divided by; default 1e-8
}

/**
 * Pulls together the features of two sensors at pixels of one class, STARS, eq. (5): f1's rows are the anchors, and the sum over the positives
 * stands inside the logarithm.
 *
 *     s_ij = <f1_i / |f1_i|, f2_j / |f2_j|> / tau
 *     L    = mean_i (logsumexp_j s_ij - logsumexp_{j: label_j = label_i} s_ij)
 *
 * Rows of the label -1 fill up a fixed length and are passed over. No other row: 0 with a zero gradient. Memory grows with M, not M^2.
 *
 * @param f1 [M,C] features
 * @param f2 [M,C] features of the same pixels from the other sensor
 * @param labels [M] int32, of any values but -1
 * @returns scalar, in nats
 * @throws RangeError when the shapes do not fit, or temperature or eps is not positive
 */
export function supervisedCrossModalInfoNce(
  f1: tf.Tensor2D,
  f2: tf.Tensor2D,
  labels: tf.Tensor1D,
  { temperature = 0.07, reduction = 'mean', symmetric = false, eps = 1e-8 }: SupervisedCrossModalInfoNceOptions = {},
): tf.Scalar {
  assertShape('supervisedCrossModalInfoNce: f1', f1, [null, null]);
  assertShape('supervisedCrossModalInfoNce: f2', f2, f1.shape);
  assertShape('supervisedCrossModalInfoNce: labels', labels, [f1.shape[0]]);
  if (!(temperature > 0)) throw new RangeError(`supervisedCrossModalInfoNce: temperature must be positive, got ${temperature}`);
  if (!(eps > 0)) throw new RangeError(`supervisedCrossModalInfoNce: eps must be positive, got ${eps}`);
  return tf.tidy(() => {
    if (f1.shape[0] === 0) return tf.mul<tf.Scalar>(tf.add(tf.sum(f1), tf.sum(f2)), 0);
    const classes = tf.cast(labels, 'int32');
    const counts = tf.notEqual(classes, -1);
    const total = reduction === 'mean' ? tf.cast(tf.maximum(tf.sum(counts), 1), 'float32') : tf.scalar(1);
    const weights = tf.div(tf.cast(counts, 'float32'), total) as tf.Tensor1D;
    const pairs = { positive: classes, anchor: tf.onesLike(classes), target: tf.sub(1, tf.cast(counts, 'int32')) as tf.Tensor1D };
    const [rows1, rows2] = [unitLength(f1, eps), unitLength(f2, eps)];
    const forward = contrast({ anchors: rows1, targets: rows2, pairs, weights, temperature });
    if (!symmetric) return forward;
    const backward = contrast({ anchors: rows2, targets: rows1, pairs, weights, temperature });
    return tf.mul(tf.add(forward, backward), 0.5);
  });
}
