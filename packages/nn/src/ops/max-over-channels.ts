import * as tf from '@tensorflow/tfjs-core';

/**
 * [N,H,W,C] -> [N,H,W,1], the largest channel of each pixel. As with PyTorch's `max(dim)`, its gradient goes to one channel, the
 * first of the largest; tf.max would give it whole to each of them, and after a ReLU ties are common.
 */
export function maxOverChannels(x: tf.Tensor4D): tf.Tensor4D {
  const largest = tf.customGrad((input, save) => {
    const features = input as tf.Tensor4D;
    (save as tf.GradSaveFunc)([features]);
    return {
      value: tf.max(features, -1, true),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
        const first = tf.oneHot(tf.argMax(saved, -1) as tf.Tensor3D, features.shape[3]); // int32, all that the wasm kernel can write
        return tf.mul(tf.cast(first, 'float32'), dy);
      },
    };
  });
  return largest(x) as tf.Tensor4D;
}
