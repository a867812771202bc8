import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';

export interface GradCamOptions {
  readonly normalize?: boolean; // each image's map to 0..1; default true
}

/**
 * Where a score comes from, Selvaraju et al. 2017, eq. (1) and (2), for any map of features:
 *
 *     weight_c = mean_hw gradients_c,    map = relu(sum_c weight_c activations_c)
 *
 * and normalised (map - min) / max(max - min, 1e-8) for each image.
 *
 * @param activations [N,H,W,C]
 * @param gradients [N,H,W,C] of the score by the activations
 * @returns [N,H,W]
 */
export function gradCam(activations: tf.Tensor4D, gradients: tf.Tensor4D, { normalize = true }: GradCamOptions = {}): tf.Tensor3D {
  assertShape('gradCam: activations', activations, [null, null, null, null]);
  assertShape('gradCam: gradients', gradients, activations.shape);
  return tf.tidy(() => {
    const weight = tf.mean(gradients, [1, 2], true); // [N,1,1,C]
    const map = tf.relu(tf.sum<tf.Tensor3D>(tf.mul(activations, weight), -1)); // [N,H,W]
    if (!normalize) return map;
    const least = tf.min(map, [1, 2], true);
    return tf.div(tf.sub(map, least), tf.maximum(tf.sub(tf.max(map, [1, 2], true), least), 1e-8));
  });
}
