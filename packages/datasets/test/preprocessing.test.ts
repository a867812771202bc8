import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  alignedCenterCrop,
  bilinearResample,
  ChannelStatistics,
  clipScale,
  fillInvalid,
  gridOffset,
  nearestResample,
  percentileStretch,
  selectBands,
  standardize,
  toDecibel,
  type Planar,
} from '../src/index.js';
import { anyImage } from './random-image.js';

const scale = fc.integer({ min: 1, max: 5 });
const values = (image: Planar): number[] => [...image.data];

test('nearest up by a whole number and down again is the image', () =>
  fc.assert(
    fc.property(anyImage, scale, scale, fc.constantFrom('center', 'corner'), (image, down, across, convention) => {
      const options = { convention: convention as 'center' };
      const up = nearestResample(image, { ...options, size: [image.height * down, image.width * across] });
      expect(nearestResample(up, { ...options, size: [image.height, image.width] })).toEqual(image);
    }),
    { seed: 1 },
  ));

test('bilinear keeps constants and stays within the range', () =>
  fc.assert(
    fc.property(anyImage, fc.tuple(scale, scale), fc.boolean(), (image, size, alignCorners) => {
      const [low, high] = [Math.min(...image.data), Math.max(...image.data)];
      for (const value of bilinearResample(image, { size, alignCorners }).data) {
        expect(value).toBeGreaterThanOrEqual(low - 1e-4);
        expect(value).toBeLessThanOrEqual(high + 1e-4);
      }
    }),
    { seed: 2 },
  ));

test('statistics do not depend on the batching, and match the plain formulas', () =>
  fc.assert(
    fc.property(fc.array(anyImage, { minLength: 1, maxLength: 4 }), (images) => {
      const single = images.map((image) => ({
        ...image,
        data: image.data.subarray(0, image.height * image.width).map((x) => x + 1000),
        bands: 1,
      }));
      const streamed = new ChannelStatistics();
      for (const image of single) streamed.update(image);
      const all = single.flatMap(values);
      const joined = new ChannelStatistics();
      joined.update({ data: Float32Array.from(all), bands: 1, height: 1, width: all.length });
      const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
      const std = Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length);
      for (const summary of [streamed.summary(), joined.summary()]) {
        expect(summary.count).toEqual([all.length]);
        expect(summary.mean[0]).toBeCloseTo(mean, 8);
        expect(summary.std[0]).toBeCloseTo(std, 8);
        expect([summary.min[0], summary.max[0]]).toEqual([Math.min(...all), Math.max(...all)]);
      }
    }),
    { seed: 3 },
  ));

test('statistics skip pixels whose bands all are nodata, NaN too, and refuse other NaN', () => {
  const image = { data: Float32Array.of(0, 0, 5, 0, 3, 7), bands: 2, height: 1, width: 3 };
  const statistics = new ChannelStatistics({ nodata: 0 });
  statistics.update(image);
  expect(statistics.summary()).toMatchObject({ count: [2, 2], mean: [2.5, 5], min: [0, 3] });
  const missing = new ChannelStatistics({ nodata: Number.NaN });
  missing.update({ data: Float32Array.of(Number.NaN, 2), bands: 1, height: 1, width: 2 });
  expect(missing.summary()).toMatchObject({ count: [1], mean: [2] });
  expect(() => new ChannelStatistics().update({ data: Float32Array.of(Number.NaN), bands: 1, height: 1, width: 1 })).toThrow(
    'NaN in band 0',
  );
  expect(() => new ChannelStatistics().summary()).toThrow('no valid pixel');
});

test('standardising by its own statistics gives mean 0 and deviation 1', () =>
  fc.assert(
    fc.property(anyImage, (image) => {
      const before = new ChannelStatistics();
      before.update(image);
      const { mean, std } = before.summary();
      fc.pre(std.every((value) => value > 0.1));
      const after = new ChannelStatistics();
      after.update(standardize(image, { mean, std }));
      for (const value of after.summary().mean) expect(value).toBeCloseTo(0, 4);
      for (const value of after.summary().std) expect(value).toBeCloseTo(1, 4);
    }),
    { seed: 4 },
  ));

test('scalings stay in their range', () =>
  fc.assert(
    fc.property(anyImage, (image) => {
      const bands = new Array<number>(image.bands);
      for (const value of clipScale(image, { min: bands.fill(-3), max: [...bands].fill(4) }).data)
        expect(value >= 0 && value <= 1).toBe(true);
      for (const value of percentileStretch(image, { low: 2, high: 98, outMax: 255 }).data) expect(value >= 0 && value <= 255).toBe(true);
      for (const value of toDecibel(image, { floor: 1e-3 }).data) expect(value).toBeGreaterThanOrEqual(-30 - 1e-4);
    }),
    { seed: 5 },
  ));

test('invalid values become the mean of the valid ones and are counted', () => {
  const image = { data: Float32Array.of(1, 3, Number.NaN, 10, -1, Number.NaN), bands: 2, height: 1, width: 3 };
  expect(values(fillInvalid(image, { scope: 'band' }).image)).toEqual([1, 3, 2, 10, -1, 4.5]);
  expect(fillInvalid(image, { scope: 'image' })).toMatchObject({ filled: 2, image: { data: Float32Array.of(1, 3, 3.25, 10, -1, 3.25) } });
  expect(fillInvalid(image, { scope: 'image', nodata: -1 }).filled).toBe(3);
  expect(() => fillInvalid({ ...image, data: image.data.fill(Number.NaN) }, { scope: 'image' })).toThrow('no valid value');
});

test('bands are chosen by name', () => {
  const image = { data: Uint8Array.of(1, 2, 3, 4), bands: 4, height: 1, width: 1 };
  expect(values(selectBands(image, { from: ['B', 'G', 'R', 'NIR'], to: ['NIR', 'R', 'G'] }))).toEqual([4, 3, 2]);
  expect(() => selectBands(image, { from: ['B', 'G', 'R', 'NIR'], to: ['SWIR'] })).toThrow('no band SWIR, only B, G, R, NIR');
  expect(() => selectBands(image, { from: ['R', 'G', 'B'], to: ['R'] })).toThrow('4 bands need as many names');
});

test('aligned crops show the same ground on both grids', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 30 }), (crop, more) => {
      const { fine, coarse } = alignedCenterCrop({ size: 10 * (crop + more), crop: 10 * crop, fineStep: 10, coarseStep: 3 });
      fine.forEach((value, i) => expect(value * 3).toBe(coarse[i] * 10));
      expect(fine[0] + fine[2]).toBeLessThanOrEqual(10 * (crop + more));
    }),
    { seed: 6 },
  ));

test('says what is wrong', () => {
  const image = { data: new Float32Array(4), bands: 1, height: 2, width: 2 };
  expect(() => alignedCenterCrop({ size: 300, crop: 155, fineStep: 10, coarseStep: 3 })).toThrow('a crop of 155 is 46.5 coarse pixels');
  expect(() => clipScale(image, { min: [1], max: [1] })).toThrow('min must be below max in every band, got 1 and 1 in band 0');
  expect(() => standardize(image, { mean: [0, 1], std: [1] })).toThrow('mean must have one value for each of 1 bands, got 2');
  expect(() => nearestResample(image, { size: [0, 2] })).toThrow('size must be two positive integers');
  expect(() => nearestResample({ ...image, width: 3 }, { size: [1, 1] })).toThrow('must hold 1 x 2 x 3 = 6 values, got 4');
  expect(gridOffset([0, 3, 0, 0, 0, -3], [11, 10, 0, 0, 0, -10]).insideOnePixel).toBe(false);
});
