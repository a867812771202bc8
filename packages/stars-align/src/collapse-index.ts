import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';

/**
 * Whether an encoder gives one vector for every pixel, Chen and He 2021 (SimSiam), figure 2: the pixels' features at length 1, their standard
 * deviation over all pixels in each channel, averaged over the channels, times sqrt(C). 0 is a constant vector, 1 a uniform direction.
 *
 * @param features [N,H,W,C], shared features of an aligned stage
 * @returns scalar
 */
export function collapseIndex(features: tf.Tensor4D): tf.Scalar {
  assertShape('collapseIndex: features', features, [null, null, null, null]);
  const channels = features.shape[3];
  return tf.tidy(() => {
    const rows = tf.reshape(features, [-1, channels]);
    const directions = tf.div(rows, tf.maximum(tf.norm(rows, 2, 1, true), 1e-8));
    const { variance } = tf.moments(directions, 0); // [C]
    return tf.mul(tf.mean(tf.sqrt(variance)), Math.sqrt(channels)) as tf.Scalar;
  });
}
