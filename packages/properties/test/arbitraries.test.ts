import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchShapes, cloudMasks, imageBatches, labelPairs, opticalSarPairs, segmentationBatches, type HostArray } from '../src/index.js';

const forAll = <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, check), { numRuns: 60, seed: 1 });

const expectFilled = ({ shape, data }: HostArray): void => expect(data.length).toBe(shape.reduce((count, size) => count * size, 1));

test('every array is as long as its shape says', () =>
  forAll(fc.oneof(segmentationBatches(), labelPairs(), imageBatches(), opticalSarPairs()), (batch) => {
    for (const array of Object.values(batch)) expectFilled(array);
  }));

test('labels are classes, or the ignore index exactly where the mask is 0', () =>
  forAll(segmentationBatches({ numClasses: 3, ignoreIndex: 255 }), ({ labels, mask }) => {
    labels.data.forEach((label, i) => expect(mask.data[i] === 1 ? label < 3 : label === 255).toBe(true));
  }));

test('masks that count nothing, something and everything occur', () => {
  const shares = fc
    .sample(labelPairs({ minSize: 3 }), { numRuns: 60, seed: 1 })
    .map(({ mask }) => mask.data.reduce((sum, value) => sum + value, 0) / mask.data.length);
  expect(Math.min(...shares)).toBe(0);
  expect(Math.max(...shares)).toBe(1);
  expect(shares.some((share) => share > 0 && share < 1)).toBe(true);
});

test('clouds cover the share they are said to cover, of each image', () =>
  forAll(cloudMasks({ cover: [0.2, 0.7], maxSize: 8 }), ({ cloudMask: { shape, data }, cover }) => {
    const [n, h, w] = shape;
    for (let image = 0; image < n; image++) {
      const cloudy = data.subarray(image * h * w, (image + 1) * h * w).reduce((sum, value) => sum + value, 0);
      expect(cloudy).toBe(Math.round(cover * h * w));
    }
  }));

test('optical and SAR are in range, and agree where the sky is clear', () =>
  forAll(opticalSarPairs(), ({ optical, cloudFree, sar, cloudMask }) => {
    optical.data.forEach((value, i) => expect(value).toBe(cloudMask.data[Math.floor(i / 4)] === 1 ? 1 : cloudFree.data[i]));
    for (const value of cloudFree.data) expect(value >= 0 && value <= 1).toBe(true);
    for (const decibels of sar.data) expect(decibels >= -25 && decibels <= 0).toBe(true);
  }));

test('a failure shrinks to the smallest shape', () => {
  const details = fc.check(
    fc.property(batchShapes({ maxSize: 9 }), ({ h, w }) => h * w < 6),
    { seed: 1 },
  );
  const [{ n, h, w }] = details.counterexample as [{ n: number; h: number; w: number }];
  expect(n).toBe(1);
  expect(h * w).toBeLessThan(10);
});

test('one seed draws one batch', () => {
  const draw = (): unknown => fc.sample(opticalSarPairs(), { numRuns: 3, seed: 7 });
  expect(draw()).toEqual(draw());
});
