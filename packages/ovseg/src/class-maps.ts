import * as tf from '@tensorflow/tfjs-core';
import { correlation } from './correlation.js';

/** The correlation as one map a class: feat [B,H,W,C], text [B,T,P,C] -> [B T,H,W,P]. */
export function classMaps(feat: tf.Tensor4D, text: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width] = feat.shape;
  const [, classes, prompts] = text.shape;
  return tf.reshape(correlation(feat, text), [batch * classes, height, width, prompts]);
}
