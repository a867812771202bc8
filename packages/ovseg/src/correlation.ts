import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';
import { unitLength } from './unit-length.js';

/**
 * Cosine similarity of each pixel's feature with each class prompt, MM-OVSeg, section 3.3:
 *
 *     corr[b,t,h,w,p] = feat[b,h,w] text[b,t,p] / (||feat[b,h,w]|| ||text[b,t,p]||)
 *
 * @param feat [B,H,W,C]
 * @param text [B,T,P,C], P prompts of T classes
 * @returns [B,T,H,W,P]
 * @throws RangeError when text is not of feat's B and C, or holds no class
 */
export function correlation(feat: tf.Tensor4D, text: tf.Tensor4D): tf.Tensor5D {
  const [batch, height, width, channels] = feat.shape;
  assertShape('correlation: text', text, [batch, null, null, channels]);
  const [, classes, prompts] = text.shape;
  if (classes * prompts === 0) throw new RangeError(`correlation: text must hold at least one class and prompt, got [${text.shape}]`);
  return tf.tidy(() => {
    const pixels = unitLength(tf.reshape(feat, [batch, height * width, channels]) as tf.Tensor3D);
    const words = unitLength(tf.reshape(text, [batch, classes * prompts, channels]) as tf.Tensor3D);
    const similarity = tf.matMul(words, pixels, false, true); // [B,T P,H W]
    if (prompts === 1) return tf.reshape(similarity, [batch, classes, height, width, 1]);
    const byPrompt = tf.reshape(similarity, [batch * classes, prompts, height * width]);
    return tf.reshape(tf.transpose(byPrompt, [0, 2, 1]), [batch, classes, height, width, prompts]);
  });
}
