import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';

export interface MaskedCrossEntropyOptions {
  readonly ignoreIndex?: readonly number[]; // labels that do not count; default [255]
}

/**
 * Softmax cross-entropy averaged over the pixels V whose label is not ignored; 0 with a zero gradient when V is empty.
 * EDC, eq. (7):
 *
 *     L = -(1/|V|) sum_{p in V} log softmax(logits_p)[labels_p],    dL/dlogits_p = (softmax(logits_p) - onehot(labels_p)) / |V|
 *
 * The gradient is written out: one pass instead of those of log, exp and sum. What stands in the logits of an ignored pixel
 * never counts, be it NaN. A label outside 0..K-1 that is not ignored makes the loss and the gradient of its pixel NaN: labels
 * are not read back to the host, so no error can name it.
 *
 * @param logits [N,H,W,K] scores before softmax
 * @param labels [N,H,W] int32 class ids in 0..K-1, or an ignored value
 * @returns scalar, in nats
 * @throws RangeError when labels do not have the [N,H,W] of logits
 */
export function maskedCrossEntropy(
  logits: tf.Tensor4D,
  labels: tf.Tensor3D,
  { ignoreIndex = [255] }: MaskedCrossEntropyOptions = {},
): tf.Scalar {
  assertShape('maskedCrossEntropy: logits', logits, [null, null, null, null]);
  const [n, h, w, numClasses] = logits.shape;
  assertShape('maskedCrossEntropy: labels', labels, [n, h, w]);
  return tf.tidy(() => {
    const ids = tf.cast(labels, 'int32');
    const isClass = tf.logicalAnd(tf.greaterEqual(ids, 0), tf.less(ids, numClasses));
    const valid = ignoreIndex.reduce<tf.Tensor>((mask, ignored) => tf.logicalAnd(mask, tf.notEqual(ids, ignored)), tf.onesLike(isClass));
    const count = tf.cast(tf.maximum(tf.sum(valid), 1), 'float32'); // |V|, exact: the sum of a mask is int32
    const share = tf.where(tf.logicalOr(isClass, tf.logicalNot(valid)), tf.div(tf.cast(valid, 'float32'), count), NaN); // [N,H,W]
    const target = tf.cast(tf.oneHot(ids, numClasses), 'float32'); // [N,H,W,K], all 0 outside 0..K-1; the wasm kernel only writes int32
    const seen = tf.expandDims(valid, -1); // [N,H,W,1]
    const crossEntropy = tf.customGrad((x, save) => {
      const scores = tf.where(seen, x as tf.Tensor, 0);
      const shifted = tf.sub(scores, tf.max(scores, -1, true)); // at most 0, so exp does not overflow
      const exponential = tf.exp(shifted);
      const total = tf.sum(exponential, -1, true); // [N,H,W,1]
      const nll = tf.sub(tf.log(tf.squeeze(total, [-1])), tf.sum(tf.mul(target, shifted), -1)); // [N,H,W]
      (save as tf.GradSaveFunc)([exponential, total, target, share]);
      return {
        value: tf.sum(tf.mul(nll, share)),
        gradFunc: (dy: tf.Tensor, [e, s, onehot, weight]: tf.Tensor[]) =>
          tf.mul(tf.sub(tf.div(e, s), onehot), tf.expandDims(tf.mul(weight, dy), -1)),
      };
    });
    return crossEntropy(logits) as tf.Scalar;
  });
}
