import * as tf from '@tensorflow/tfjs-core';
import type { Captured } from '@rs/engine';
import { predictWindows, segmentationFigures, type SegmentationFigures, type WindowOptions } from '@rs/experiments';
import { argmaxLabels, SegmentationAccumulator } from '@rs/metrics';
import type { Alignment } from './alignment.js';
import { imagesOf, tileTensors, type Tile } from './data.js';
import type { Sensor, SensorSet } from './sensors.js';

/** Scores and the confusion matrix that they are of: row the label, column the prediction. */
export interface TestFigures extends SegmentationFigures {
  readonly confusion: readonly (readonly number[])[];
}

/** One test of a row, with the two kinds of batch-norm statistics. */
export interface TestScores {
  readonly running: TestFigures; // as trained
  readonly own?: TestFigures; // of the test's sensors alone; absent where a layer serves both sensors of the test
}

/** What the tables are made of; fractions, not percent. */
export interface Evaluation {
  readonly tiles: number;
  readonly parameters: number;
  readonly tests: Readonly<Record<SensorSet, TestScores>>;
  readonly samplerSeconds: number; // of training
  readonly alignment: readonly Alignment[]; // by step; empty where there is nothing to align
}

export type Forward = Captured<Record<string, tf.Tensor4D>, { readonly logits: tf.Tensor4D }>;

export interface ScoreOptions extends WindowOptions {
  readonly numClasses: number;
}

/** Scores one test over samples: one confusion matrix over all of them, ignored pixels left out. */
export async function score(
  forward: Forward,
  test: readonly Sensor[],
  tiles: AsyncIterable<Tile>,
  options: ScoreOptions,
): Promise<TestFigures> {
  const { numClasses, window, microBatch } = options;
  const counted = new SegmentationAccumulator({ numClasses, ignoreIndex: 255 });
  const update = (group: readonly Tile[]): void => {
    const { labels, images: all } = tileTensors(group);
    const images = imagesOf(test, all);
    const target = { shape: labels.shape, data: labels.dataSync() };
    if (group[0].optical.height === window && group[0].optical.width === window) {
      const { logits } = forward(images);
      counted.update(target, argmaxLabels({ shape: logits.shape, data: logits.dataSync() as Float32Array }));
      logits.dispose();
    } else counted.update(target, argmaxLabels(predictWindows(forward, images, options).logits));
    tf.dispose([labels, images]);
  };
  for await (const group of grouped(tiles, window, microBatch)) update(group);
  const scores = counted.compute();
  const { shape, data } = scores.confusion;
  const confusion = Array.from({ length: shape[0] }, (_, row) => [...data.slice(row * shape[1], (row + 1) * shape[1])].map(Number));
  return { ...segmentationFigures(scores), confusion };
}

/** Tiles of the window's size several at a time, larger images one by one. */
async function* grouped(tiles: AsyncIterable<Tile>, window: number, size: number): AsyncGenerator<Tile[]> {
  let group: Tile[] = [];
  for await (const tile of tiles) {
    if (tile.optical.height !== window || tile.optical.width !== window) yield [tile];
    else if (group.push(tile) === size) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
