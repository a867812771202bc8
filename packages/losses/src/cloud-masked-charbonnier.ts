import * as tf from '@tensorflow/tfjs-core';
import { assertShape, resize } from '@rs/nn';
import { charbonnier, type CharbonnierOptions } from './charbonnier.js';

export interface CloudMaskedCharbonnierOptions extends CharbonnierOptions {
  readonly lambda?: number; // extra weight of cloudy pixels; default 5
}

/**
 * Reconstruction loss that weighs cloudy pixels more. EDC, eq. (8), mean over N,H,W,C:
 *
 *     L = mean((1 + lambda M) ((prediction - target)^2 + epsilon^2)^p)
 *
 * @param prediction [N,h,w,C] reconstruction, resized bilinearly (half-pixel centres) to the target where sizes differ
 * @param target [N,H,W,C] cloud-free image
 * @param cloudMask [N,H,W] M: 1 cloudy, 0 clear
 * @returns scalar
 * @throws RangeError when batch, channels or mask do not fit the target, or epsilon is not positive
 */
export function cloudMaskedCharbonnier(
  prediction: tf.Tensor4D,
  target: tf.Tensor4D,
  cloudMask: tf.Tensor3D,
  { lambda = 5, p = 0.45, epsilon = 1e-3 }: CloudMaskedCharbonnierOptions = {},
): tf.Scalar {
  assertShape('cloudMaskedCharbonnier: target', target, [null, null, null, null]);
  const [n, h, w, channels] = target.shape;
  assertShape('cloudMaskedCharbonnier: prediction', prediction, [n, null, null, channels]);
  assertShape('cloudMaskedCharbonnier: cloudMask', cloudMask, [n, h, w]);
  return tf.tidy(() => {
    const sameSize = prediction.shape[1] === h && prediction.shape[2] === w;
    const resized = sameSize ? prediction : resize(prediction, { size: [h, w], mode: 'bilinear' });
    const weight = tf.add(tf.mul(tf.expandDims(tf.cast(cloudMask, 'float32'), -1), lambda), 1); // [N,H,W,1]
    return charbonnier(tf.sub(resized, target), { p, epsilon }, weight);
  });
}
