import type { Sample } from '@rs/datasets';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capture } from '@rs/engine';
import type { Forward } from '../src/evaluate.js';
import { backscatterOf } from '../src/studies/backscatter.js';
import { cloudyScores } from '../src/studies/cloudy-scores.js';
import { shareOfCells } from '../src/studies/encoder-maps.js';
import { withOthersSar } from '../src/studies/others-sar.js';
import { WeightedMean } from '../src/studies/weighted-mean.js';
import { wordLists } from '../src/studies/word-lists.js';
import type { Tile, Tiles } from '../src/tiles.js';

/** Tiles of 1x4 pixels whose optical image names the word that the network below answers. */
function tilesOf(drawn: readonly { words: number[]; labels: number[]; clouds: number[]; sar: number }[]): Tiles<Tile> {
  const grid = { height: 1, width: 4 };
  const samples = drawn.map((_, i): Sample => ({ id: `${i}`, scene: `${i}`, files: {}, dataset: 'none', root: '', split: 'val' }));
  const layer = (values: number[]) => ({
    ...grid,
    bands: 1,
    data: Float32Array.from(values),
    bandNames: ['x'],
    epsg: null,
    geotransform: null,
  });
  return {
    samples,
    load: async ({ id }) => {
      const { words, labels, clouds, sar } = drawn[Number(id)];
      const label = { ...grid, data: Int32Array.from(labels), epsg: null, geotransform: null };
      const cloudMask = { ...grid, data: Uint8Array.from(clouds) };
      return { id, scene: id, optical: layer(words), sar: layer([sar, sar, sar, sar]), label, cloudMask, filled: {} };
    },
  };
}
const answers = (count: number): Forward =>
  capture(({ image }) => ({ logits: tf.cast(tf.oneHot(tf.cast(tf.squeeze(image, [3]), 'int32'), count), 'float32') as tf.Tensor4D }), {
    eager: true,
  });

describe('scores by words', () => {
  const groups = { seen: [0], unseen: [1] };
  const drawn = [{ words: [0, 1, 2, 3], labels: [0, 0, 1, 1], clouds: [1, 1, 1, 1], sar: 0 }];

  test('words of one class count together, words of none as lost pixels', async () => {
    const scores = await cloudyScores(answers(4), tilesOf(drawn), { classOf: [0, 0, 1, -1], groups, numClasses: 2 });
    expect(scores).toEqual({ mIoU: 0.75, seen: 1, unseen: 0.5, elsewhere: 0.25 });
  });

  test('classes that are not asked for and clear pixels do not count', async () => {
    const clear = [{ ...drawn[0], clouds: [1, 0, 1, 1] }];
    const scores = await cloudyScores(answers(4), tilesOf(clear), { classOf: [0, 0, 0, 0], groups, numClasses: 2 });
    expect(scores).toEqual({ mIoU: 1, seen: 1, unseen: NaN, elsewhere: 0 });
  });

  test('keeps no tensor', async () => {
    const before = tf.memory().numTensors;
    await cloudyScores(answers(4), tilesOf(drawn), { classOf: [0, 0, 1, -1], groups, numClasses: 2 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('no tile keeps its own SAR image, and each is used once', () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 9 }), async (count) => {
      const tiles = tilesOf(
        Array.from({ length: count }, (_, sar) => ({ words: [0, 0, 0, 0], labels: [0, 0, 0, 0], clouds: [1, 1, 1, 1], sar })),
      );
      const others = withOthersSar(tiles);
      const found = await Promise.all(others.samples.map(async (sample) => (await others.load(sample)).sar.data[0]));
      found.forEach((sar, i) => expect(sar).not.toBe(i));
      expect([...found].sort()).toEqual(Array.from({ length: count }, (_, i) => i).sort());
    }),
  ));

test('backscatter: mean and deviation of the pixels of a class, unlabelled ones left out', async () => {
  const tiles = tilesOf([
    { words: [0, 0, 0, 0], labels: [0, 0, 255, 1], clouds: [0, 0, 0, 0], sar: 10 },
    { words: [0, 0, 0, 0], labels: [0, 0, 1, 255], clouds: [0, 0, 0, 0], sar: 20 },
  ]);
  const [first, second, absent] = await backscatterOf(tiles, 3);
  expect(first).toEqual({ mean: 15, deviation: 5 });
  expect(second).toEqual({ mean: 15, deviation: 5 });
  expect(absent.mean).toBeNaN();
});

test('shares of cells are means of their pixels', () => {
  const mask = tf.tensor3d([1, 1, 0, 0, 1, 0, 0, 0], [1, 2, 4], 'int32');
  expect([...shareOfCells(mask, [1, 2]).dataSync()]).toEqual([0.75, 0]);
});

test('a weighted mean over batches is that of all values', () => {
  const mean = new WeightedMean();
  mean.add(tf.tensor1d([1, 5]), tf.tensor1d([1, 0]));
  mean.add(tf.tensor1d([4]), tf.tensor1d([2]));
  expect(mean.value).toBe(3);
});

test('word lists: every word stands for the class of its name, the absent one for none', () => {
  const classes = ['water', 'road', 'orchard'];
  for (const { words, classOf } of wordLists(classes, [0])) {
    expect(words).toHaveLength(classOf.length);
    words.forEach((word, i) => expect(classes.includes(word) ? classes[classOf[i]] : word).toBe(word));
  }
  expect(wordLists(classes, [0]).map(({ words }) => words)).toEqual([
    ['water', 'road', 'orchard'],
    ['road', 'orchard'],
    ['water'],
    ['lake', 'street', 'orchard'],
    ['water', 'road', 'orchard', 'lake', 'street', 'orchard'],
    ['water', 'road', 'orchard', 'snow'],
  ]);
});
