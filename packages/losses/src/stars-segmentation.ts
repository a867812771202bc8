import * as tf from '@tensorflow/tfjs-core';
import { maskedCrossEntropy } from './masked-cross-entropy.js';

export interface StarsSegmentationOptions {
  readonly ignoreIndex?: number; // the label that does not count; default 255
}

/**
 * Mean cross-entropy of the three branches, each averaged over the pixels that are not ignored, STARS, eq. (6); 0 when all are ignored.
 *
 * @param logitsM1 [N,H,W,K] of the first sensor
 * @param logitsM2 [N,H,W,K] of the second sensor
 * @param logitsFuse [N,H,W,K] of both
 * @param labels [N,H,W] int32 class ids in 0..K-1, or the ignored value
 * @returns scalar, in nats
 * @throws RangeError when the shapes do not fit
 */
export function starsSegmentation(
  logitsM1: tf.Tensor4D,
  logitsM2: tf.Tensor4D,
  logitsFuse: tf.Tensor4D,
  labels: tf.Tensor3D,
  { ignoreIndex = 255 }: StarsSegmentationOptions = {},
): tf.Scalar {
  const branches = [logitsM1, logitsM2, logitsFuse];
  return tf.tidy(
    () => tf.div(tf.addN(branches.map((logits) => maskedCrossEntropy(logits, labels, { ignoreIndex: [ignoreIndex] }))), 3) as tf.Scalar,
  );
}
