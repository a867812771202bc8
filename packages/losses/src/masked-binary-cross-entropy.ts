import * as tf from '@tensorflow/tfjs-core';
import { assertShape, fused } from '@rs/nn';

export interface MaskedBinaryCrossEntropyOptions {
  readonly ignoreIndex?: number; // the label of no class; default 255
  /**
   * What a pixel of that label is: a negative of every class, as in MM-OVSeg's released code (`negative`, default), or none at all (`exclude`).
   */
  readonly ignored?: 'negative' | 'exclude';
}

/**
 * Binary cross-entropy of each class against the rest, mean over the pixels V that count and the T classes:
 *
 *     L = 1 / (|V| T) sum_{p in V, t} max(x, 0) - x [t = labels_p] + log(1 + exp(-|x|)),    x = logits_pt
 *     dL/dx = (sigmoid(x) - [t = labels_p]) / (|V| T)
 *
 * No pixel in V: 0 with a zero gradient, and what stands in the logits of an excluded pixel never counts, be it NaN. A label outside 0..T-1 that is
 * not ignored makes the loss and the gradient of its pixel NaN: labels are not read back to the host, so no error can name it.
 *
 * @param logits [B,H,W,T] scores before the sigmoid
 * @param target [B,H,W] int32 class ids in 0..T-1, or the ignored value
 * @returns scalar, in nats
 * @throws RangeError when target does not have the [B,H,W] of logits
 */
export function maskedBinaryCrossEntropy(
  logits: tf.Tensor4D,
  target: tf.Tensor3D,
  { ignoreIndex = 255, ignored = 'negative' }: MaskedBinaryCrossEntropyOptions = {},
): tf.Scalar {
  assertShape('maskedBinaryCrossEntropy: logits', logits, [null, null, null, null]);
  const [n, h, w, numClasses] = logits.shape;
  assertShape('maskedBinaryCrossEntropy: target', target, [n, h, w]);
  return tf.tidy(() => {
    const ids = tf.cast(target, 'int32');
    const known = tf.notEqual(ids, ignoreIndex);
    const isClass = tf.logicalAnd(tf.greaterEqual(ids, 0), tf.less(ids, numClasses));
    const counts = ignored === 'exclude' ? known : tf.onesLike(known);
    const count = tf.cast(tf.maximum(tf.sum(counts), 1), 'float32'); // |V|
    const shares = tf.div(tf.cast(counts, 'float32'), tf.mul(count, numClasses));
    const share = tf.expandDims(tf.where(tf.logicalOr(isClass, tf.logicalNot(known)), shares, NaN), -1); // [B,H,W,1]
    const positive = tf.mul(tf.cast(tf.oneHot(ids, numClasses), 'float32'), tf.expandDims(tf.cast(known, 'float32'), -1)); // [B,H,W,T]
    const seen = tf.expandDims(counts, -1);
    const crossEntropy = tf.customGrad((given, save) => {
      const x = ignored === 'exclude' ? tf.where(seen, given as tf.Tensor, 0) : (given as tf.Tensor);
      (save as tf.GradSaveFunc)([x, positive, share]);
      const [each] = fused([x, positive, share], () => {
        const softplus = tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1)); // log(1 + exp(-|x|)), at most log 2
        return [tf.mul(tf.add(tf.sub(tf.maximum(x, 0), tf.mul(x, positive)), softplus), share)];
      });
      return {
        value: tf.sum(each),
        gradFunc: (dy: tf.Tensor, [scores, truth, weight]: tf.Tensor[]) =>
          fused([scores, truth, weight, dy], () => [tf.mul(tf.sub(tf.sigmoid(scores), truth), tf.mul(weight, dy))])[0],
      };
    });
    return crossEntropy(logits) as tf.Scalar;
  });
}
