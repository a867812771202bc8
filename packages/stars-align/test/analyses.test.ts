import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, Random, stateDict, loadStateDict } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  classActivationMaps,
  classSimilarityMatrix,
  collapseIndex,
  diagonalContrast,
  gradCam,
  parameterDistances,
  parameterDistributions,
  StarsModel,
  wasserstein1,
} from '../src/index.js';
import { apart, forAllMaps, largest, normal, value } from './maps.js';

const model = (): StarsModel =>
  new StarsModel(
    { numClasses: 3, block: 'basic', layers: [2, 1, 1, 1], width: 2, scseReduction: 1, fpnChannels: 4, decoderChannels: 4 },
    new Random(3),
  );

test('Grad-CAM is not negative, 0 to 1 where normalised, and unchanged by a positive factor', () =>
  forAllMaps(({ map }) => {
    const raw = gradCam(map(0), map(1), { normalize: false });
    expect(value(tf.min(raw))).toBeGreaterThanOrEqual(0);
    const normalised = gradCam(map(0), map(1));
    expect(value(tf.min(normalised))).toBe(0);
    expect(value(tf.max(normalised))).toBeLessThanOrEqual(1);
    expect(apart(gradCam(tf.mul(map(0), 4), map(1)), normalised)).toBeLessThan(1e-4);
    expect(() => gradCam(map(0), tf.concat([map(1), map(1)], 0))).toThrow('gradCam: gradients must have shape');
  }));

test('activation maps are those of Grad-CAM, at the size of the image, image by image', () => {
  const stars = model();
  tf.tidy(() => {
    const x = normal([2, 64, 96, 1], 1);
    const predicted = tf.argMax(stars.predict({ m1: x }), -1);
    for (const classId of [0, 1, 2]) {
      const { specific, shared, pixels } = classActivationMaps(stars, { modality: 'm1', x, classId });
      expect([specific.shape, shared.shape]).toEqual([[2, 64, 96], [2, 64, 96]]); // prettier-ignore
      expect(apart(pixels, tf.sum(tf.cast(tf.equal(predicted, classId), 'float32'), [1, 2]))).toBe(0);
      const alone = classActivationMaps(stars, { modality: 'm1', x: tf.slice(x, [1, 0, 0, 0], [1, 64, 96, 1]), classId });
      expect(apart(alone.shared, tf.slice(shared, [1, 0, 0], [1, 64, 96]))).toBeLessThan(1e-3);
      if (value(tf.min(pixels)) > 0) expect(largest(shared)).toBeGreaterThan(0);
    }
  });
  tf.tidy(() => {
    const x = normal([1, 64, 64, 1], 2);
    const [classId] = tf
      .argMax(tf.bincount(tf.cast(tf.argMax(tf.reshape(stars.predict({ m1: x }), [-1, 3]), -1), 'int32') as tf.Tensor1D, [], 3))
      .dataSync();
    const at = (stage?: 2 | 4): tf.Tensor => classActivationMaps(stars, { modality: 'm1', x, classId, ...(stage && { stage }) }).shared;
    expect(apart(at(), at(4))).toBe(0);
    expect(apart(at(2), at(4))).toBeGreaterThan(0.1);
  });
  const before = tf.memory().numTensors;
  const x = normal([1, 32, 32, 3], 1);
  tf.dispose({ ...classActivationMaps(stars, { modality: 'm2', x, classId: 0 }) });
  x.dispose();
  expect(tf.memory().numTensors).toBe(before);
  disposeModule(stars);
});

test('similarity of classes: cosines averaged over all pairs', () => {
  tf.tidy(() => {
    const [f1, f2] = [1, 2].map((seed) => tf.randomNormal<tf.Rank.R2>([7, 4], 0, 1, 'float32', seed));
    const ids = [0, 2, 2, 0, 3, 2, -1];
    const { matrix, present } = classSimilarityMatrix(f1, f2, tf.tensor1d(ids, 'int32'), { numClasses: 4 });
    expect([...present.dataSync()]).toEqual([1, 0, 1, 1]);
    const cosines = tf
      .matMul(tf.div(f1, tf.norm(f1, 2, 1, true)), tf.div(f2, tf.norm(f2, 2, 1, true)), false, true)
      .arraySync() as number[][];
    const cells = matrix.arraySync();
    for (let a = 0; a < 4; a++)
      for (let b = 0; b < 4; b++) {
        const pairs = ids.flatMap((i, row) => ids.flatMap((j, column) => (i === a && j === b ? [cosines[row][column]] : [])));
        expect(cells[a][b]).toBeCloseTo(pairs.length > 0 ? pairs.reduce((sum, cosine) => sum + cosine) / pairs.length : 0, 5);
      }
  });
});

test('the contrast of the diagonal leaves absent classes out', () => {
  tf.tidy(() => {
    const matrix = tf.tensor2d([[1, 9, 0.5], [9, 9, 9], [0.25, 9, 0.75]]); // prettier-ignore
    expect(diagonalContrast({ matrix, present: tf.tensor1d([1, 0, 1], 'int32') })).toBeCloseTo(0.875 - 0.375, 6);
    const aligned = tf.eye(3);
    const { matrix: perfect, present } = classSimilarityMatrix(aligned, aligned, tf.tensor1d([0, 1, 2], 'int32'), { numClasses: 3 });
    expect(diagonalContrast({ matrix: perfect, present })).toBeCloseTo(1, 6);
  });
});

test('the collapse index is 0 of a constant vector, about 1 of normal ones, and does not see lengths', () => {
  tf.tidy(() => {
    const constant = tf.mul(tf.ones<tf.Rank.R4>([2, 4, 4, 8]), tf.range(1, 9)) as tf.Tensor4D;
    expect(value(collapseIndex(constant))).toBeLessThan(1e-3);
    const spread = normal([2, 16, 16, 8], 1);
    expect(value(collapseIndex(spread))).toBeCloseTo(1, 1);
    const lengths = tf.add(tf.abs(normal([2, 16, 16, 1], 2)), 0.1);
    expect(apart(collapseIndex(tf.mul(spread, lengths)), collapseIndex(spread))).toBeLessThan(1e-5);
    expect(value(collapseIndex(tf.add(constant, tf.mul(normal([2, 4, 4, 8], 3), 0.01))))).toBeLessThan(0.01);
  });
});

const values = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 12 });

test('the Wasserstein distance is a metric; a shift costs the shift', () => {
  fc.assert(
    fc.property(values, values, values, fc.double({ min: -3, max: 3, noNaN: true }), (a, b, c, shift) => {
      expect(wasserstein1(a, a)).toBe(0);
      expect(wasserstein1(a, b)).toBeCloseTo(wasserstein1(b, a), 10);
      expect(wasserstein1(a, c)).toBeLessThanOrEqual(wasserstein1(a, b) + wasserstein1(b, c) + 1e-9);
      expect(wasserstein1(a, a.map((x) => x + shift))).toBeCloseTo(Math.abs(shift), 9); // prettier-ignore
      expect(wasserstein1([...a, ...a], b)).toBeCloseTo(wasserstein1(a, b), 10); // by shares, not by counts
      const sorted = (x: number[]): number[] => [...x].sort((p, q) => p - q);
      if (a.length === b.length) {
        const matched = sorted(a).reduce((sum, x, i) => sum + Math.abs(x - sorted(b)[i]), 0) / a.length;
        expect(wasserstein1(a, b)).toBeCloseTo(matched, 9);
      }
    }),
    { numRuns: 100, seed: 1 },
  );
  expect(() => wasserstein1([], [1])).toThrow('wasserstein1: both must have values, got 0 and 1');
});

test('distributions pool the blocks of a stage; encoders that are alike have no distance', () => {
  const stars = model();
  const found = parameterDistributions(stars);
  expect(found).toHaveLength(3 * 4 * 3);
  const kernels = found.filter(({ encoder, parameter }) => encoder === 'shared' && parameter === 'conv1.weight');
  expect(kernels.map(({ stage, values }) => [stage, values.length])).toEqual([[1, 72], [2, 72], [3, 288], [4, 1152]]); // prettier-ignore
  expect(kernels[3].std).toBeCloseTo(Math.sqrt(2 / 72), 2);
  expect(Math.abs(kernels[3].excessKurtosis)).toBeLessThan(0.5);
  const scale = found.find(({ parameter }) => parameter === 'bn1.weight')!;
  expect([scale.std, scale.excessKurtosis]).toEqual([0, NaN]);
  const distances = parameterDistances(found);
  expect(distances).toHaveLength(3 * 4 * 3);
  expect(distances.filter(({ parameter, distance }) => parameter === 'conv1.weight' && distance > 0)).toHaveLength(12);
  for (const encoder of [stars.specificM1, stars.specificM2]) loadStateDict(encoder, stateDict(stars.shared));
  expect(parameterDistances(parameterDistributions(stars)).every(({ distance }) => distance === 0)).toBe(true);
  disposeModule(stars);
});
