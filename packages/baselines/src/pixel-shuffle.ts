import * as tf from '@tensorflow/tfjs-core';

/** Blocks of pixels into channels, the inverse of Shi et al. 2016, in PyTorch's order: [N,rH,rW,C] -> [N,H,W,C r^2] */
export function pixelUnshuffle(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const [h, w] = [height / factor, width / factor];
  const blocks = tf.transpose(tf.reshape(x, [n, h, factor, w, factor, channels]), [0, 1, 3, 5, 2, 4]); // [N,h,w,C,r,r]
  return tf.reshape(blocks, [n, h, w, channels * factor ** 2]);
}

/** Channels into blocks of pixels, Shi et al. 2016, in PyTorch's order: [N,H,W,C r^2] -> [N,rH,rW,C] */
export function pixelShuffle(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  const [n, h, w, depth] = x.shape;
  const channels = depth / factor ** 2;
  const blocks = tf.transpose(tf.reshape(x, [n, h, w, channels, factor, factor]), [0, 1, 4, 2, 5, 3]); // [N,h,r,w,r,C]
  return tf.reshape(blocks, [n, h * factor, w * factor, channels]);
}
