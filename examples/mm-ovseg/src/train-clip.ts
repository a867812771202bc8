import * as tf from '@tensorflow/tfjs-core';
import { trainingSource, type SampleBatch } from '@rs/experiments';
import { Random } from '@rs/nn';
import { clipPixels, tokenize, type Clip } from '@rs/ovseg';
import type { DataSource, LossTerms } from '@rs/train';
import { captionOf } from './captions.js';
import type { ClearTile, Tiles } from './tiles.js';

/** Clear optical crops with captions. */
export type CaptionBatch = {
  readonly ids: readonly string[];
  readonly image: tf.Tensor4D; // [N,h,w,3], 0..255
  readonly tokens: tf.Tensor2D; // int32 [N,L]
  readonly matches: tf.Tensor2D; // [N,N], 1 / (texts equal to this one) where two texts are equal, else 0
};

export interface CaptionOptions {
  readonly tiles: Tiles<ClearTile>;
  readonly classes: readonly string[]; // all of them: what is unseen in stage 2 is not unknown to CLIP
  readonly crop: number;
  readonly batchSize: number;
  readonly contextLength: number;
  readonly seed: number;
}

/** Crops in a seeded order, flipped and turned, with photometric noise and a caption each. */
export function captionSource({ tiles, classes, contextLength, seed, ...options }: CaptionOptions): DataSource<CaptionBatch> {
  const { source } = trainingSource<'optical' | 'sar' | 'label'>({ ...tiles, ...options, seed, symmetries: true });
  return async (position) => {
    const batch = await source(position);
    const random = new Random(seed * 2 ** 20 + position);
    const texts = captionsOf(batch, classes, random);
    const image = noisy(batch.optical, random);
    tf.dispose([batch.optical, batch.sar, batch.labels]);
    const equal = texts.map((text) => texts.map((other) => Number(text === other)));
    const matches = equal.map((row) => row.map((value) => value / row.reduce((sum, one) => sum + one, 0)));
    return { ids: batch.ids, image, tokens: tokenize(texts, { contextLength }), matches: tf.tensor2d(matches) };
  };
}

function captionsOf({ labels }: SampleBatch<'label'>, classes: readonly string[], random: Random): string[] {
  const [n, h, w] = labels.shape;
  const values = labels.dataSync();
  return Array.from({ length: n }, (_, i) => captionOf(values.subarray(i * h * w, (i + 1) * h * w), classes, random));
}

/** Gain of each image and of each of its bands within 10 %, an offset within 5, noise of standard deviation 4. */
function noisy(image: tf.Tensor4D, random: Random): tf.Tensor4D {
  const [n, h, w, bands] = image.shape;
  const around = (middle: number, width: number): number => middle + width * (2 * random.uniform() - 1);
  const gains = Array.from({ length: n }, () => around(1, 0.1)).flatMap((gain) =>
    Array.from({ length: bands }, () => gain * around(1, 0.1)),
  );
  const offsets = Float32Array.from({ length: n }, () => around(0, 5));
  const noise = Float32Array.from({ length: image.size }, () => 4 * random.normal());
  return tf.tidy(() => {
    const scaled = tf.add(tf.mul(image, tf.tensor4d(gains, [n, 1, 1, bands])), tf.tensor4d(offsets, [n, 1, 1, 1]));
    return tf.add(scaled, tf.tensor4d(noise, [n, h, w, bands]));
  });
}

/** Radford et al. 2021, figure 3, symmetric; texts that are equal are positives of each other's images. */
export function clipLoss(clip: Clip, { image, tokens, matches }: CaptionBatch): LossTerms {
  const unit = (x: tf.Tensor2D): tf.Tensor2D => tf.div(x, tf.norm(x, 'euclidean', -1, true));
  const images = unit(clip.visual.call(clipPixels(image, 1)).pooled);
  const texts = unit(clip.call(tokens));
  const logits = tf.mul(tf.matMul(images, texts, false, true), tf.exp(clip.logitScale)); // [N,N]
  const towards = (scores: tf.Tensor): tf.Scalar => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(scores), matches), -1)));
  return { total: tf.mul(tf.add(towards(logits), towards(tf.transpose(logits))), 0.5) };
}
