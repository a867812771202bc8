import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  augment,
  batches,
  cachedLoad,
  cropSample,
  indexDataset,
  loadSample,
  turnSample,
  type Batch,
  type LoadedSample,
  type Sample,
} from '../src/index.js';
import { side, writePatch } from './m3m-patch.js';
import { temporaryFolder } from './temporary-folder.js';

const root = path.join(temporaryFolder(), 'm3m');
for (let patch = 0; patch < 7; patch++) writePatch(root, 'train', 'fall_1', patch);
const samples = await indexDataset({ dataset: 'm3m-cr', root, split: 'train' });
const load = (sample: Sample): Promise<LoadedSample> => loadSample(sample, { labelGrid: 'native' });
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('batches hold the samples in order, bands last, and leave no tensor behind', async () => {
  const before = tf.memory().numTensors;
  const ids: string[] = [];
  for await (const batch of batches({ samples, load, batchSize: 3, order: [6, 1, 0, 2, 5, 3, 4] })) {
    ids.push(...batch.ids);
    expect(batch.ids).toEqual(batch.indices.map((index) => samples[index].id));
    const n = batch.ids.length;
    expect(batch.cloudy?.shape).toEqual([n, side, side, 4]);
    expect(batch.labels?.shape).toEqual([n, 12, 12]);
    expect([batch.labels?.dtype, batch.cloudMask?.dtype, batch.sar?.dtype]).toEqual(['int32', 'float32', 'float32']);
    expect(batch.cloudMask?.shape).toEqual([n, side, side]);
    const { cloudy } = await load(samples[batch.indices[0]]);
    const [pixel] = (await batch.cloudy?.array()) as number[][][][];
    for (let band = 0; band < 4; band++) expect(pixel[2][3][band]).toBeCloseTo(cloudy?.data[(band * side + 2) * side + 3] ?? NaN, 6);
    tf.dispose(batch);
  }
  expect(ids).toEqual([6, 1, 0, 2, 5, 3, 4].map((index) => samples[index].id));
  expect(tf.memory().numTensors).toBe(before);
});

test('the next batches are read while one is in use, and no more', async () => {
  let started = 0;
  const counted = (sample: Sample): Promise<LoadedSample> => {
    started++;
    return load(sample);
  };
  const iterator = batches({ samples, load: counted, batchSize: 2, prefetch: 1 });
  tf.dispose((await iterator.next()).value as Batch);
  await wait(30);
  expect(started).toBe(4);
  await iterator.return();
});

test('stopping early starts no further reading and leaves no tensor', async () => {
  const before = tf.memory().numTensors;
  let started = 0;
  const slow = async (sample: Sample): Promise<LoadedSample> => {
    started++;
    await wait(5);
    return load(sample);
  };
  for await (const batch of batches({ samples, load: slow, batchSize: 1, prefetch: 6, concurrency: 1 })) {
    tf.dispose(batch);
    break;
  }
  const seen = started;
  await wait(60);
  expect(started).toBe(seen);
  expect(tf.memory().numTensors).toBe(before);
});

test('a sample that cannot be loaded is named when its batch is due', async () => {
  const failing = (sample: Sample): Promise<LoadedSample> =>
    sample.id === samples[4].id ? Promise.reject(new Error('disk on fire')) : load(sample);
  const seen: string[] = [];
  const run = async (): Promise<void> => {
    for await (const batch of batches({ samples, load: failing, batchSize: 2 })) {
      seen.push(...batch.ids);
      tf.dispose(batch);
    }
  };
  await expect(run()).rejects.toThrow('sample fall_1_p_4 could not be loaded: disk on fire');
  expect(seen).toHaveLength(4);
});

test('the last batch may be left out; options are checked', async () => {
  const count = async (options: object): Promise<number> => {
    let n = 0;
    for await (const batch of batches({ samples, load, batchSize: 3, ...options })) {
      n += batch.ids.length;
      tf.dispose(batch);
    }
    return n;
  };
  expect(await count({ dropLast: true })).toBe(6);
  expect(await count({ order: [] })).toBe(0);
  await expect(count({ batchSize: 0 })).rejects.toThrow('batchSize must be an integer of at least 1, got 0');
  await expect(count({ order: [9] })).rejects.toThrow('order holds 9, there are 7 samples');
});

test('samples of different size in one batch are an error that names both, without a leak', async () => {
  const before = tf.memory().numTensors;
  const uneven = (sample: Sample): Promise<LoadedSample> => loadSample(sample, { crop: sample.id === samples[1].id ? 10 : 20 });
  await expect(batches({ samples, load: uneven, batchSize: 2 }).next()).rejects.toThrow(
    /cloudy of sample fall_1_p_1 is 4 x 10 x 10 .* fall_1_p_0 .* 4 x 20 x 20/,
  );
  expect(tf.memory().numTensors).toBe(before);
});

const symmetry = fc.record({ transpose: fc.boolean(), flipRows: fc.boolean(), flipColumns: fc.boolean() });

test('flips and turns move every raster and its place alike', async () => {
  const sample = await load(samples[0]);
  fc.assert(
    fc.property(symmetry, fc.nat(11), fc.nat(11), (chosen, row, column) => {
      const turned = turnSample(sample, chosen);
      // the ground under a pixel's centre holds the same label before and after
      const { geotransform, data, height, width } = turned.label as NonNullable<LoadedSample['label']>;
      const [x0, dx, rx, y0, ry, dy] = geotransform as NonNullable<typeof geotransform>;
      const x = x0 + (column + 0.5) * dx + (row + 0.5) * rx;
      const y = y0 + (column + 0.5) * ry + (row + 0.5) * dy;
      const [left, , , top] = sample.label?.geotransform as NonNullable<typeof geotransform>;
      const at = Math.floor((top - y) / 10) * 12 + Math.floor((x - left) / 10);
      expect([height, width]).toEqual([12, 12]);
      expect(data[row * 12 + column]).toBe(sample.label?.data[at]);
    }),
    { seed: 1 },
  );
});

test('eight symmetries differ; turning four times is the identity', async () => {
  const sample = await load(samples[0]);
  const quarter = { transpose: true, flipRows: true, flipColumns: false };
  let turned = sample;
  for (let i = 0; i < 4; i++) turned = turnSample(turned, quarter);
  expect(turned).toEqual(sample);
  const seen = new Set<string>();
  for (let code = 0; code < 8; code++) {
    seen.add(String(turnSample(sample, { transpose: (code & 4) > 0, flipRows: (code & 2) > 0, flipColumns: (code & 1) > 0 }).sar?.data));
  }
  expect(seen.size).toBe(8);
});

test('augmentation is fixed by its key and the sample, and its crops are aligned', async () => {
  const sample = await load(samples[0]);
  const crops = new Set<string>();
  for (let epoch = 0; epoch < 80; epoch++) {
    const one = augment(sample, { key: `7/${epoch}`, crop: 20, symmetries: false });
    expect(augment(sample, { key: `7/${epoch}`, crop: 20, symmetries: false })).toEqual(one);
    expect([one.cloudy?.width, one.sar?.width, one.label?.width, one.cloudMask?.width]).toEqual([20, 20, 6, 20]);
    const [x] = one.cloudy?.geotransform ?? [NaN];
    const [labelX] = one.label?.geotransform ?? [NaN];
    expect(labelX - x).toBeCloseTo(1); // the offset of the whole patch, 760300 - 760299
    crops.add(String(one.cloudy?.geotransform));
  }
  expect(crops.size).toBe(9); // three aligned starts a side, all drawn
  expect(() => augment(sample, { key: 'a', crop: 41 })).toThrow('a crop of 41 does not fit fall_1_p_0 with 40 rows and 40 columns');
  expect(() => cropSample(sample, 20, [3, 0])).toThrow('the window [30, 0, 20, 20] leaves fall_1_p_0');
});

test('flips alone leave rows rows, of any rectangle', async () => {
  const sample = await load(samples[0]);
  const upright = [false, true].flatMap((flipRows) =>
    [false, true].map((flipColumns) => String(turnSample(sample, { transpose: false, flipRows, flipColumns }).sar?.data)),
  );
  const seen = new Set<string>();
  for (let epoch = 0; epoch < 40; epoch++) seen.add(String(augment(sample, { key: `${epoch}`, symmetries: 'flips' }).sar?.data));
  expect([...seen].sort()).toEqual(upright.sort());
  const layer = { data: Float32Array.of(1, 2), bands: 1, height: 1, width: 2, bandNames: ['VV'], epsg: null, geotransform: null };
  const oblong: LoadedSample = { id: 'oblong', scene: 'a', sar: layer, filled: {} };
  expect([1, 2]).toContain(augment(oblong, { key: 'a', symmetries: 'flips' }).sar?.data[0]);
  expect(() => augment(oblong, { key: 'a' })).toThrow('symmetries need a square, oblong has 1 rows and 2 columns');
});

test('the cache reads a sample once while it fits', async () => {
  let reads = 0;
  const counted = (sample: Sample): Promise<LoadedSample> => {
    reads++;
    return load(sample);
  };
  const cached = cachedLoad(counted, { maxBytes: 10_000_000 });
  const [first, second] = await Promise.all([cached(samples[0]), cached(samples[0])]);
  expect(first).toBe(second);
  expect(await cached(samples[0])).toBe(first);
  expect(reads).toBe(1);
  await cached({ ...samples[0], split: 'other' }); // patches of two splits may share an id
  expect(reads).toBe(2);
  const small = cachedLoad(counted, { maxBytes: 100_000 }); // one patch has about 70 kB
  for (const index of [0, 1, 0]) await small(samples[index]);
  expect(reads).toBe(5);
});
