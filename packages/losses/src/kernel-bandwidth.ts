import * as tf from '@tensorflow/tfjs-core';
import { squaredDistances } from './squared-distances.js';

/** The width sigma of a Gaussian kernel: sigma itself, or a rule on the distances within the pooled sample. */
export type Bandwidth = number | 'mean' | 'median';

const smallestVariance = 1e-12; // of sigma^2: a sample of equal points has a width too

/**
 * sigma^2 of each batch element, without a gradient, from the pooled sample z:
 *
 *     'mean':    2 sigma^2 = mean_{i != j} |z_i - z_j|^2 = 2 / (N - 1) (sum_i |z_i|^2 - |sum_i z_i|^2 / N)
 *     'median':    sigma   = median_{i < j} |z_i - z_j|, the mean of the two middle values of an even count
 *
 * @param pooled [B,N,d] z, of mean 0: then the second term of the mean rule is 0
 * @returns [B,1,1] in the unit of z squared
 */
export function kernelVariance(pooled: tf.Tensor3D, bandwidth: Bandwidth): tf.Tensor3D {
  const [batch, count] = pooled.shape;
  if (typeof bandwidth === 'number') return tf.fill([batch, 1, 1], Math.max(bandwidth * bandwidth, smallestVariance)) as tf.Tensor3D;
  const variance =
    bandwidth === 'mean'
      ? tf.div(tf.sum(tf.square(pooled), [1, 2]), Math.max(count - 1, 1)) // [B]
      : tf.square(medianDistance(pooled));
  return tf.reshape(tf.maximum(variance, smallestVariance), [batch, 1, 1]);
}

/** [B,N,d] -> [B] */
function medianDistance(points: tf.Tensor3D): tf.Tensor1D {
  const [batch, count] = points.shape;
  const pairs = (count * (count - 1)) / 2;
  const index = tf.range(0, count, 1, 'int32');
  const isPair = tf.less(tf.expandDims(index, 1), tf.expandDims(index, 0)); // [N,N] i < j
  const distances = tf.where(isPair, squaredDistances(points, points), -1); // below every distance
  const upper = Math.floor(pairs / 2); // places of the middle values, counted from the largest
  const lower = Math.floor((pairs - 1) / 2);
  const { values } = tf.topk(tf.reshape(distances, [batch, count * count]), upper + 1); // [B,upper + 1]
  const at = (place: number): tf.Tensor => tf.sqrt(tf.slice(values, [0, place], [batch, 1]));
  return tf.reshape(tf.mul(tf.add(at(lower), at(upper)), 0.5), [batch]);
}
