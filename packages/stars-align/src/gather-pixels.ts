import * as tf from '@tensorflow/tfjs-core';
import { gatherRows } from '@rs/nn';

/**
 * The features of chosen pixels; the gradient of one that is chosen several times adds up.
 *
 * @param features [N,H,W,C]
 * @param indices [M] int32 into the row-major pixels, (n H + y) W + x
 * @returns [M,C]
 */
export function gatherPixels(features: tf.Tensor4D, indices: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => gatherRows(tf.reshape(features, [-1, features.shape[3]]) as tf.Tensor2D, indices));
}
