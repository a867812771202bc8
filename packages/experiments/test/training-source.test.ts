import * as tf from '@tensorflow/tfjs-core';
import { RasterError, type Sample } from '@rs/datasets';
import { expect, test } from 'vitest';
import { completeSample, trainingSource, type CompleteSample } from '../src/index.js';
import { sampleFile, squareSample } from './loaded-sample.js';

const roles = ['optical', 'label'] as const;
const names = ['a', 'b', 'c', 'd', 'e'];
const load = ({ id }: Sample): Promise<CompleteSample<(typeof roles)[number]>> =>
  Promise.resolve(completeSample(squareSample(id, 6, 1000 * names.indexOf(id)), roles));
const data = { samples: names.map(sampleFile), load, crop: 6, symmetries: false, batchSize: 2, seed: 3 };

test('the batch of a position is always the same, whatever was asked before', async () => {
  const augmented = { ...data, crop: 4, symmetries: true };
  const [first, second] = [trainingSource(augmented).source, trainingSource(augmented).source];
  await first(0);
  const batches = [await first(7), await second(7)];
  expect(batches[0].ids).toEqual(batches[1].ids);
  expect(batches[0].optical.dataSync()).toEqual(batches[1].optical.dataSync());
  expect([batches[0].optical.shape, batches[0].labels.shape]).toEqual([
    [2, 4, 4, 2],
    [2, 4, 4],
  ]);
  tf.dispose(batches as unknown as tf.TensorContainer);
});

test('an epoch sees every sample at most once, and another order comes with another seed', async () => {
  const epoch = async (seed: number): Promise<string[]> => {
    const { source, batchesPerEpoch } = trainingSource({ ...data, seed });
    expect(batchesPerEpoch).toBe(2);
    const ids: string[] = [];
    for (let position = 0; position < batchesPerEpoch; position++) {
      const batch = await source(position);
      ids.push(...batch.ids);
      tf.dispose(batch as unknown as tf.TensorContainer);
    }
    return ids;
  };
  const orders = [await epoch(1), await epoch(2), await epoch(3)];
  for (const ids of orders) expect(new Set(ids).size).toBe(4);
  expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
});

test('without crop and symmetries samples come as they are', async () => {
  const batch = await trainingSource(data).source(0);
  const [first] = batch.ids;
  expect(batch.optical.dataSync()[0]).toBe(1000 * names.indexOf(first));
  tf.dispose(batch as unknown as tf.TensorContainer);
});

test('symmetries turn image and label alike', async () => {
  const one = { ...data, samples: [sampleFile('a')], batchSize: 1, symmetries: true };
  const { source } = trainingSource(one);
  const corners = new Set<number>();
  for (let position = 0; position < 40; position++) {
    const batch = await source(position);
    const [pixels, labels] = [batch.optical.dataSync(), batch.labels.dataSync()];
    labels.forEach((label, i) => expect(label).toBe(pixels[2 * i] % 10)); // the first band counts the pixels, labels are its last digit
    corners.add(pixels[0] * 100 + pixels[2]);
    tf.dispose(batch as unknown as tf.TensorContainer);
  }
  expect(corners.size).toBe(8);
});

test('fewer samples than a batch give several crops of each', async () => {
  const { source, batchesPerEpoch } = trainingSource({ ...data, samples: [sampleFile('a')], crop: 3, batchSize: 4 });
  expect(batchesPerEpoch).toBe(1);
  const batch = await source(0);
  expect(batch.ids).toEqual(['a', 'a', 'a', 'a']);
  tf.dispose(batch as unknown as tf.TensorContainer);
});

test('a sample smaller than the crop is an error with the name of its file', async () => {
  const error: unknown = await Promise.resolve(trainingSource({ ...data, crop: 8 }).source(0)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RasterError);
  expect((error as Error).message).toMatch(/\/data\/\w\.tif: has 6 x 6 pixels, expected at least the 8 x 8 of data\.crop/);
});

test('a sample that lacks a role is named', () => {
  expect(() => completeSample(squareSample('a', 2), ['optical', 'sar'])).toThrow('sample a has no sar');
});
