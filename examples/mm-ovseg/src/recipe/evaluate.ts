import * as tf from '@tensorflow/tfjs-core';
import { segmentationFigures, type SegmentationFigures } from '@rs/experiments';
import { argmaxLabels, groupedMeanIoU, SegmentationAccumulator } from '@rs/metrics';
import { mergeWindows, postprocess, resizeShortestEdge, slidingWindows } from '@rs/ovseg';
import { resize } from '@rs/nn';
import type { Evaluation, Forward, Grouped } from '../evaluate.js';
import type { ClearTile } from '../tiles.js';
import type { RecipeConfig } from './config.js';
import type { ScoredData } from './scored-data.js';
import { imageOf } from './training-tiles.js';

/** Fractions. */
export interface RecipeEvaluation extends Pick<Evaluation, 'tiles' | 'parameters'> {
  readonly segmentation: SegmentationFigures;
  readonly grouped: Grouped; // one confusion matrix, all words competing
}

type Inference = Pick<RecipeConfig, 'edge' | 'windows' | 'segmentation'>;

/** Scores whole images, all test classes competing: one confusion matrix over the set, at the size of the labels. */
export async function evaluateRecipe(
  forward: Forward,
  { test, classes, seen, unseen }: ScoredData,
  options: Inference,
  parameters: Evaluation['parameters'],
): Promise<RecipeEvaluation> {
  const scores = new SegmentationAccumulator({ numClasses: classes.length, ignoreIndex: 255, meanOver: 'target' });
  for (const sample of test.samples) {
    const tile = await test.load(sample);
    const prediction = predicted(forward, tile, options);
    const { height, width, data } = tile.label;
    scores.update({ shape: [1, height, width], data }, { shape: [1, height, width], data: prediction });
  }
  const computed = scores.compute();
  const { seen: ofSeen, unseen: ofUnseen } = groupedMeanIoU({ confusion: computed.confusion, groups: { seen, unseen } });
  return {
    tiles: test.samples.length,
    parameters,
    segmentation: segmentationFigures(computed),
    grouped: { seen: ofSeen, unseen: ofUnseen },
  };
}

/** Class ids of each pixel, row by row. */
function predicted(forward: Forward, { optical, sar, label }: ClearTile, { edge, windows, segmentation }: Inference): Int32Array {
  const activation = segmentation.loss === 'ce' ? 'softmax' : 'sigmoid';
  const { height, width } = label;
  const scores = tf.tidy(() => {
    const [image, radar] = [optical, sar].map(imageOf);
    if (!windows) {
      const ready = (x: tf.Tensor3D): tf.Tensor4D => tf.expandDims(resizeShortestEdge(x, { edge }), 0);
      return postprocess(forward({ image: ready(image), sar: ready(radar) }).logits, { height, width, activation });
    }
    const cut = (x: tf.Tensor3D): tf.Tensor4D[] => tf.split(slidingWindows(tf.expandDims(x, 0), windows), windowsOf(windows));
    const radars = cut(radar);
    const logits = cut(image).map((window, i) => forward({ image: window, sar: radars[i] }).logits); // one at a time: memory of one image
    const merged = tf.expandDims(mergeWindows(tf.concat(logits), windows), 0) as tf.Tensor4D;
    return resize(merged, { size: [height, width], mode: 'bilinear' });
  });
  const { data } = argmaxLabels({ shape: scores.shape, data: scores.dataSync() as Float32Array });
  scores.dispose();
  return Int32Array.from(data);
}

/** How many windows `slidingWindows` makes, the whole image among them. */
function windowsOf({ kernel, overlap, outRes }: NonNullable<RecipeConfig['windows']>): number {
  const stride = Math.floor(kernel * (1 - overlap));
  return 1 + outRes.reduce((product, size) => product * ((size - kernel) / stride + 1), 1);
}
