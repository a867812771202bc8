import * as tf from '@tensorflow/tfjs-core';

export interface GroupNormInputs {
  readonly x: tf.Tensor4D; // [N,H,W,C]
  readonly groups: number; // divides C
  readonly epsilon: number;
}

/** Group normalisation, Wu and He 2018, eq. (1): each group of channels of each image to mean 0 and variance 1. */
export function groupNorm({ x, groups, epsilon }: GroupNormInputs): tf.Tensor4D {
  const [n, h, w, channels] = x.shape;
  return tf.tidy(() => {
    const grouped = tf.reshape(x, [n, h * w, groups, channels / groups]);
    const { mean, variance } = tf.moments(grouped, [1, 3], true); // [N,1,groups,1]
    return tf.reshape(tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, epsilon))), [n, h, w, channels]);
  });
}
