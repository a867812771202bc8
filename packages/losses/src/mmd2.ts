import * as tf from '@tensorflow/tfjs-core';
import { gaussianMmd2, type GaussianMmd2Options } from './gaussian-mmd2.js';

/**
 * Mean over the batch of the squared maximum mean discrepancy of each element's two samples, see `gaussianMmd2`.
 *
 * @param x [B,n,d] tokens
 * @param y [B,m,d] tokens
 * @returns scalar
 */
export function mmd2(x: tf.Tensor3D, y: tf.Tensor3D, options?: GaussianMmd2Options): tf.Scalar {
  return tf.tidy(() => tf.mean<tf.Scalar>(gaussianMmd2(x, y, options)));
}
