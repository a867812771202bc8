import * as tf from '@tensorflow/tfjs-core';
import type { FrequencyAwareDecoder } from '@rs/ot-mmd-fusion';

/** What one step of the decoder adds to the finer map and takes from the coarser one, mean size over channels, [h,w]. */
export interface FrequencyMaps {
  readonly high: tf.Tensor2D; // |sharpened - lateral|: what the high-pass filter put in
  readonly low: tf.Tensor2D; // |low-pass filtered, enlarged coarser map|
  readonly weights: readonly [high: number, low: number]; // of the sum that follows
}

/** The steps of a frequency-aware decoder, coarse to fine, of the first image of `stages`. The caller disposes the maps. */
export function frequencyMaps({ lateral, fuse, weights, post }: FrequencyAwareDecoder, stages: readonly tf.Tensor4D[]): FrequencyMaps[] {
  if (!fuse) return [];
  const found: FrequencyMaps[] = [];
  tf.tidy(() => {
    const [coarsest, ...finer] = stages.map((stage, i) => lateral[i].call(stage, 'eval')).reverse();
    finer.reduce((y, fine, k) => {
      const { hr, lrUp } = fuse[k].call(fine, y);
      const positive = tf.relu(weights[k]);
      const [high, low] = tf.div(positive, tf.add(tf.sum(positive), 1e-8)).dataSync();
      found.push({ high: tf.keep(meanSize(tf.sub(hr, fine))), low: tf.keep(meanSize(lrUp)), weights: [high, low] });
      return tf.relu(post[k].call(tf.add(tf.mul(hr, high), tf.mul(lrUp, low)), 'eval'));
    }, coarsest);
  });
  return found;
}

const meanSize = (x: tf.Tensor4D): tf.Tensor2D => tf.squeeze(tf.mean(tf.abs(tf.slice(x, 0, [1, ...x.shape.slice(1)])), -1), [0]); // prettier-ignore
