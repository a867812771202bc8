import * as tf from '@tensorflow/tfjs-core';
import { resize } from '@rs/nn';
import { assertOneOf } from './assert-one-of.js';

export interface PostprocessOptions {
  readonly height: number; // of the image as it was
  readonly width: number;
  readonly imageSize?: readonly [number, number]; // [H,W] without padding: scores beyond are cut; default: nothing is
  readonly activation?: 'sigmoid' | 'softmax'; // softmax for models trained by cross-entropy over the classes; default sigmoid
}

/**
 * Scores at the size of the original image: the activation first, then the resizing. `tf.argMax(scores, -1)` is the class map.
 *
 * @param logits [B,h,w,T]
 * @returns [B,height,width,T] in [0,1]
 */
export function postprocess(logits: tf.Tensor4D, { height, width, imageSize, activation = 'sigmoid' }: PostprocessOptions): tf.Tensor4D {
  assertOneOf('postprocess: activation', activation, ['sigmoid', 'softmax']);
  const [batch, rows, columns, classes] = logits.shape;
  return tf.tidy(() => {
    const scores = activation === 'sigmoid' ? tf.sigmoid(logits) : tf.softmax(logits);
    const [bottom, right] = [Math.min(rows, imageSize?.[0] ?? rows), Math.min(columns, imageSize?.[1] ?? columns)];
    const kept = bottom < rows || right < columns ? tf.slice4d(scores, [0, 0, 0, 0], [batch, bottom, right, classes]) : scores;
    return resize(kept, { size: [height, width], mode: 'bilinear' });
  });
}
