import * as tf from '@tensorflow/tfjs-core';
import { resize } from '@rs/nn';
import { clipPixels, type DinoViT, type MmOvSeg } from '@rs/ovseg';
import type { Config } from '../config.js';
import { patchTokens } from '../train-cmu.js';

export type Grids = Pick<Config['backbones']['base'], 'clipResolution' | 'dinoResolution'>;

/** CLIP's dense map z, [B,h,w,C]. */
export function clipMap({ semSegHead }: MmOvSeg, image: tf.Tensor4D, { clipResolution }: Grids): tf.Tensor4D {
  const { tokens } = semSegHead.predictor.clipModel.visual.call(pixelsAt(image, clipResolution), { dense: true });
  return squareMap(patchTokens(tokens));
}

/** A DINO's deepest map, [B,H,W,D]. */
export const dinoMap = (dino: DinoViT, image: tf.Tensor4D, { dinoResolution }: Grids): tf.Tensor4D =>
  squareMap(patchTokens(dino.call(pixelsAt(image, dinoResolution)).at(-1)!));

const pixelsAt = (image: tf.Tensor4D, side: number): tf.Tensor4D => resize(clipPixels(image, 1), { size: [side, side], mode: 'bilinear' });

/** [B,n^2,D] -> [B,n,n,D] */
export function squareMap(tokens: tf.Tensor3D): tf.Tensor4D {
  const [batch, length, channels] = tokens.shape;
  const side = Math.sqrt(length);
  return tf.reshape(tokens, [batch, side, side, channels]);
}

/** The share of each cell of a map that is masked: [B,H,W] -> [B,h,w]. */
export function shareOfCells(mask: tf.Tensor3D, [height, width]: readonly [number, number]): tf.Tensor3D {
  const [batch, rows, columns] = mask.shape;
  const cells = tf.reshape(tf.cast(mask, 'float32'), [batch, height, rows / height, width, columns / width]);
  return tf.mean(cells, [2, 4]);
}
