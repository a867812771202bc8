import * as tf from '@tensorflow/tfjs-core';
import { Random } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  downsampleLabels,
  gatherPixels,
  padSamples,
  paddingClass,
  sampleClassBalanced,
  samplePixelsAll,
  sampleStages,
} from '../src/index.js';
import { apart, normal } from './maps.js';

/** Labels of a stage's grid in which classes are rare, absent, ignored and excluded. */
const problem = fc
  .record({
    numClasses: fc.integer({ min: 1, max: 6 }),
    perClass: fc.integer({ min: 1, max: 9 }),
    ignoreIndex: fc.constantFrom(255, -1, 0),
    seed: fc.integer(),
    shuffle: fc.boolean(),
  })
  .chain((options) =>
    fc.record({
      options: fc.constant(options),
      excludeClasses: fc.subarray(Array.from({ length: options.numClasses }, (_, id) => id)),
      labels: fc.array(fc.oneof(fc.nat(options.numClasses - 1), fc.constant(options.ignoreIndex)), { maxLength: 60 }),
    }),
  )
  .map(({ options, excludeClasses, labels }) => ({ options: { ...options, excludeClasses }, labels: Int32Array.from(labels) }));

const forAllLabels = (
  check: (drawn: {
    options: Parameters<typeof sampleClassBalanced>[1] & { perClass: number; seed: number };
    labels: Int32Array;
    valid: Map<number, number[]>;
  }) => void,
): void =>
  fc.assert(
    fc.property(problem, ({ options, labels }) => {
      const valid = new Map<number, number[]>(); // the pixels of each class that may be sampled
      for (const id of [...new Set(labels)].sort((a, b) => a - b)) {
        if (id === options.ignoreIndex || options.excludeClasses.includes(id)) continue;
        valid.set(id, [...labels.keys()].filter((i) => labels[i] === id)); // prettier-ignore
      }
      check({ options, labels, valid });
    }),
    { numRuns: 200, seed: 1 },
  );

test('each class that is there gets its share, in ascending order, of its own pixels', () =>
  forAllLabels(({ options, labels, valid }) => {
    const { indices, classes } = sampleClassBalanced(labels, options, new Random(options.seed));
    expect([...classes]).toEqual([...valid.keys()].flatMap((id) => Array<number>(options.perClass).fill(id)));
    expect([...indices].map((index) => labels[index])).toEqual([...classes]);
  }));

test('pixels are distinct where there are enough, else taken in turn equally often', () =>
  forAllLabels(({ options, labels, valid }) => {
    const { indices } = sampleClassBalanced(labels, options, new Random(options.seed));
    const { perClass } = options;
    [...valid.values()].forEach((pixels, k) => {
      const times = pixels.map((pixel) => indices.slice(k * perClass, (k + 1) * perClass).filter((index) => index === pixel).length);
      const share = perClass / pixels.length;
      expect(Math.max(...times)).toBeLessThanOrEqual(Math.ceil(share));
      if (share >= 1) expect(Math.min(...times)).toBeGreaterThanOrEqual(Math.floor(share));
    });
  }));

test('the same seed gives the same draw; without shuffling it is the first pixels', () =>
  forAllLabels(({ options, labels, valid }) => {
    const draw = (shuffle: boolean) => sampleClassBalanced(labels, { ...options, shuffle }, new Random(options.seed));
    expect(draw(true)).toEqual(draw(true));
    const first = [...valid.values()].flatMap((pixels) => Array.from({ length: options.perClass }, (_, i) => pixels[i % pixels.length]));
    expect([...draw(false).indices]).toEqual(first);
  }));

test('every pixel of a class is as likely as every other', () => {
  const labels = Int32Array.of(1, 0, 1, 1, 255, 1, 1, 0, 1);
  const random = new Random(1);
  const [runs, perClass, n] = [4000, 2, 6];
  const times = new Map<number, number>();
  for (let run = 0; run < runs; run++) {
    for (const index of sampleClassBalanced(labels, { numClasses: 2, perClass }, random).indices.slice(perClass)) {
      times.set(index, (times.get(index) ?? 0) + 1);
    }
  }
  const [mean, deviation] = [(runs * perClass) / n, Math.sqrt(runs * (perClass / n) * (1 - perClass / n))];
  expect([...times.keys()].sort((a, b) => a - b)).toEqual([0, 2, 3, 5, 6, 8]);
  for (const count of times.values()) expect(Math.abs(count - mean)).toBeLessThan(4 * deviation);
});

test('all pixels: each of a class that counts, once, in order', () =>
  forAllLabels(({ options, labels, valid }) => {
    const { indices, classes } = samplePixelsAll(labels, options);
    expect([...indices]).toEqual([...valid.values()].flat().sort((a, b) => a - b));
    expect([...classes]).toEqual([...indices].map((index) => labels[index]));
  }));

test('padding keeps the samples and fills up with a class that is none', () =>
  forAllLabels(({ options, labels }) => {
    const samples = sampleClassBalanced(labels, options, new Random(0));
    const { length } = samples.indices;
    const padded = padSamples(samples, length + 3);
    expect(padded.indices.slice(0, length)).toEqual(samples.indices);
    expect(padded.classes.slice(0, length)).toEqual(samples.classes);
    expect([...padded.classes.slice(length)]).toEqual([paddingClass, paddingClass, paddingClass]);
    if (length > 0) expect(() => padSamples(samples, length - 1)).toThrow(`at least the ${length} samples, got ${length - 1}`);
  }));

test('a label beyond the class list is an error that names it', () => {
  const sample =
    (labels: number[], more = {}) =>
    () =>
      sampleClassBalanced(labels, { numClasses: 3, ...more }, new Random(0));
  expect(sample([0, 2, 3])).toThrow('sampleClassBalanced: labels must be 0..2 or 255 (ignored), got 3 at pixel 2');
  expect(sample([0, -1])).toThrow('got -1 at pixel 1');
  expect(sample([0, 255], { ignoreIndex: -1 })).toThrow('labels must be 0..2 or -1 (ignored), got 255 at pixel 1');
  expect(sample([0, 0.5])).toThrow('got 0.5 at pixel 1');
  expect(sample([0], { excludeClasses: [3] })).toThrow('sampleClassBalanced: excludeClasses must lie in 0..2, got [3]');
  expect(sample([0], { perClass: 0 })).toThrow('sampleClassBalanced: perClass must be a positive integer, got 0');
  expect(() => samplePixelsAll([7], { numClasses: 3 })).toThrow('samplePixelsAll: labels must be 0..2 or 255 (ignored), got 7 at pixel 0');
});

const labelsOf = (n: number, side: number, of: (i: number) => number): tf.Tensor3D =>
  tf.tensor3d(Int32Array.from({ length: n * side * side }, (_, i) => of(i)), [n, side, side], 'int32'); // prettier-ignore

test('samples of the stages have one length whichever classes are there, and lie on their own grids', () => {
  const sizes = new Set<string>();
  for (const numbers of [1, 2, 5]) {
    tf.tidy(() => {
      const labels = labelsOf(2, 64, (i) => (i >> 5) % numbers);
      const options = { numClasses: 5, perClass: 4, excludeClasses: [0] };
      const samples = sampleStages(labels, options, new Random(1));
      expect(Object.keys(samples)).toEqual(['indicesStage3', 'classesStage3', 'indicesStage4', 'classesStage4']);
      sizes.add(Object.values(samples).map(({ shape, dtype }) => `${dtype} ${shape}`).join()); // prettier-ignore
      const coarse = downsampleLabels(labels, { height: 4, width: 4 }).dataSync();
      const indices = samples.indicesStage3!.dataSync();
      samples.classesStage3!.dataSync().forEach((id, i) => expect(id === paddingClass || coarse[indices[i]] === id).toBe(true));
      const all = sampleStages(labels, { ...options, stages: [4], perClass: 'all' }, new Random(1));
      expect(all.indicesStage4!.shape).toEqual([8]);
      expect([...all.classesStage4!.dataSync()].filter((id) => id === 0)).toEqual([]);
    });
  }
  expect([...sizes]).toEqual(['int32 16,int32 16,int32 16,int32 16']);
});

test('sampling keeps no tensor besides its result', () => {
  const labels = labelsOf(1, 32, () => 1);
  const before = tf.memory().numTensors;
  const samples = sampleStages(labels, { numClasses: 2 }, new Random(1));
  expect(tf.memory().numTensors).toBe(before + 4);
  tf.dispose({ ...samples });
  labels.dispose();
});

test('gathers the pixels of a batch; gradients of a pixel that is there twice add up', () =>
  tf.tidy(() => {
    const features = normal([2, 3, 4, 5], 1);
    const indices = tf.tensor1d([0, 23, 7, 7], 'int32'); // (n H + y) W + x
    const rows = gatherPixels(features, indices);
    expect(rows.shape).toEqual([4, 5]);
    expect(apart(tf.slice(rows, [1, 0], [1, 5]), tf.reshape(tf.slice(features, [1, 2, 3, 0], [1, 1, 1, 5]), [1, 5]))).toBe(0);
    const gradient = tf.grad((x) => tf.sum(gatherPixels(x as tf.Tensor4D, indices)))(features);
    expect([...tf.sum(gradient, -1).dataSync()]).toEqual(Array.from({ length: 24 }, (_, i) => ({ 0: 5, 7: 10, 23: 5 })[i] ?? 0));
    const nothing = gatherPixels(features, tf.tensor1d([], 'int32'));
    expect(nothing.shape).toEqual([0, 5]);
  }));
