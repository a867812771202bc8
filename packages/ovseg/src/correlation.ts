import * as tf from '@tensorflow/tfjs-core';

/**
 * Cosine similarity of each pixel's feature with each class prompt (MM-OVSeg, section 3.3).
 *
 * @param feat [B,H,W,C]
 * @param text [B,T,P,C] prompts of T classes
 * @returns [B,T,H,W,P]
 */
export function correlation(feat: tf.Tensor4D, text: tf.Tensor4D): tf.Tensor5D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = feat.shape;
    const [, classes, prompts] = text.shape;
    const pixels = unit(tf.reshape(feat, [batch, height * width, channels]));
    const words = unit(tf.reshape(text, [batch, classes * prompts, channels]));
    const similarity = tf.reshape(tf.matMul(words, pixels, false, true), [batch, classes, prompts, height, width]);
    return tf.transpose<tf.Tensor>(similarity, [0, 1, 3, 4, 2]) as tf.Tensor5D;
  });
}

const unit = (x: tf.Tensor3D): tf.Tensor3D => tf.div(x, tf.maximum(tf.norm(x, 'euclidean', -1, true), 1e-12));
