import * as tf from '@tensorflow/tfjs-core';
import { resize } from '@rs/nn';

/** CLIP's constants on the scale 0..255, R, G, B (Radford et al. 2021, released code); MM-OVSeg uses them for SAR and DINO too. */
const mean = [122.7709383, 116.7460125, 104.09373615];
const deviation = [68.5005327, 66.6321579, 70.323163];

/** Pixels as the encoders take them: (x - mean) / deviation, then zeros at the right and bottom up to multiples of `divisibility`. */
export function clipPixels(image: tf.Tensor4D, divisibility: number): tf.Tensor4D {
  const [, height, width] = image.shape;
  const missing = (size: number): number => Math.ceil(size / divisibility) * divisibility - size;
  const [bottom, right] = [missing(height), missing(width)];
  return tf.tidy(() => {
    const normed = tf.div<tf.Tensor4D>(tf.sub(image, tf.tensor1d(mean)), tf.tensor1d(deviation));
    return bottom + right === 0 ? normed : tf.pad(normed, [[0, 0], [0, bottom], [0, right], [0, 0]]); // prettier-ignore
  });
}

/** Brought to a square of `side` pixels. */
export const squared = (pixels: tf.Tensor4D, side: number): tf.Tensor4D => resize(pixels, { size: [side, side], mode: 'bilinear' });
