import * as tf from '@tensorflow/tfjs-core';
import { trainingSource } from '@rs/experiments';
import { Linear, Random, torchInit } from '@rs/nn';
import { clipPixels, DinoViT } from '@rs/ovseg';
import type { DataSource, LossTerms } from '@rs/train';
import type { Config } from './config.js';
import type { ClearTile, Tiles } from './tiles.js';

type DinoConfig = Config['backbones']['base']['dino'];

/** A DINO encoder and the linear head that paints its hidden patches, which nothing needs afterwards. */
export interface MaskedAutoencoder {
  readonly dino: DinoViT;
  readonly head: Linear;
}

export function maskedAutoencoder(dino: DinoConfig, seed: number): MaskedAutoencoder {
  const init = torchInit(new Random(seed));
  return { dino: new DinoViT(dino, init), head: new Linear({ inFeatures: dino.embedDim, outFeatures: 3 * dino.patchSize ** 2 }, init) };
}

export type MaskedBatch = {
  readonly ids: readonly string[];
  readonly image: tf.Tensor4D; // [N,H,W,3], 0..255
  readonly hidden: tf.Tensor4D; // [N,H,W,1], 1 = hidden
};

export interface MaskedOptions {
  readonly tiles: Tiles<ClearTile>;
  readonly size: number; // pixels a side of a tile
  readonly maskBlock: number; // pixels a side of what is hidden together; a multiple of the patch
  readonly batchSize: number;
  readonly seed: number;
}

/** Clear optical tiles, half of the blocks of each hidden. */
export function maskedSource({ tiles, size, maskBlock, batchSize, seed }: MaskedOptions): DataSource<MaskedBatch> {
  const { source } = trainingSource<'optical' | 'sar' | 'label'>({ ...tiles, crop: size, symmetries: false, batchSize, seed });
  const blocks = size / maskBlock;
  return async (position) => {
    const { ids, optical, sar, labels } = await source(position);
    tf.dispose([sar, labels]);
    const random = new Random(seed * 2 ** 20 + position);
    const masks = ids.flatMap(() => halfOf(blocks ** 2, random));
    const hidden = tf.tidy(() => {
      const coarse = tf.tensor(masks, [ids.length, blocks, 1, blocks, 1]);
      return tf.reshape(tf.tile(coarse, [1, 1, maskBlock, 1, maskBlock]), [ids.length, size, size, 1]) as tf.Tensor4D;
    });
    return { ids, image: optical, hidden };
  };
}

/** `count` zeros and ones, half of them ones, in a random order. */
function halfOf(count: number, random: Random): number[] {
  const values = Array.from({ length: count }, (_, i) => Number(i < count / 2));
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [values[i], values[j]] = [values[j], values[i]];
  }
  return values;
}

/**
 * Mean squared error of the hidden patches' pixels, each band standardised over the batch: masked reconstruction, the stand-in for DINO's own
 * training where there are no weights. What is hidden is 0 in the encoder's input.
 */
export function maskedLoss({ dino, head }: MaskedAutoencoder, patchSize: number, { image, hidden }: MaskedBatch): LossTerms {
  const pixels = clipPixels(image, 1);
  const seen = tf.mul<tf.Tensor4D>(pixels, tf.sub(1, hidden));
  const taps = dino.call(seen);
  const deepest = taps[taps.length - 1];
  const [n, length, channels] = deepest.shape;
  const painted = head.call(tf.slice3d(deepest, [0, 1, 0], [n, length - 1, channels])); // [N,L,3 p^2]
  const { mean, variance } = tf.moments(pixels, [0, 1, 2], true);
  const target = patches(tf.div(tf.sub(pixels, mean), tf.sqrt(variance)), patchSize);
  const counted = tf.mean(patches(hidden, patchSize), -1, true); // [N,L,1]
  const error = tf.mul(tf.squaredDifference(painted, target), counted);
  return { total: tf.div(tf.sum(error), tf.mul(tf.sum(counted), 3 * patchSize ** 2)) };
}

/** [N,H,W,C] -> [N,L,p p C], row by row. */
function patches(image: tf.Tensor4D, size: number): tf.Tensor3D {
  const [n, h, w, channels] = image.shape;
  const cut = tf.reshape(image, [n, h / size, size, w / size, size, channels]);
  return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [n, (h * w) / size ** 2, size ** 2 * channels]);
}
