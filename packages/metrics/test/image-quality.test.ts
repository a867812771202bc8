import { expect, test } from 'vitest';
import {
  forAllBatches,
  imageBatches,
  lawBounded,
  lawIgnoresMasked,
  lawStreamingEqualsOneShot,
  type Image,
  type ImageBatch,
} from '@rs/properties';
import { ImageQualityAccumulator, mae, mse, psnr, rmse, sam, ssim } from '../src/index.js';

const batches = imageBatches({ channels: 3 });
const large = imageBatches({ channels: 2, minSize: 11, maxSize: 14 });
const runs = { seed: 1 };
const few = { ...runs, numRuns: 15 };
const scaled = ({ shape, data }: Image, factor: number) => ({ shape, data: Float64Array.from(data, (value) => value * factor) });
const image = (...values: number[]) => ({ shape: [1, 1, values.length, 1], data: Float32Array.from(values) });

test('errors of two pixels, by hand', () => {
  const pair = { pred: image(0, 1), target: image(0.5, 1) };
  expect([mse(pair), mae(pair), rmse(pair)]).toEqual([0.125, 0.25, Math.sqrt(0.125)]);
  expect(psnr({ ...pair, dataRange: 1 })).toBeCloseTo(10 * Math.log10(8), 12);
});

test('equal images: no error, infinite signal, similarity 1', () =>
  forAllBatches(large, few, ({ target }) => {
    expect(psnr({ pred: target, target, dataRange: 1 })).toBe(Infinity);
    expect(psnr({ pred: target, target, dataRange: 1, cap: 100 })).toBe(100);
    expect(ssim({ pred: target, target, dataRange: 1 })).toBeCloseTo(1, 12);
    expect(sam({ pred: target, target })).toBeLessThan(1e-5);
  }));

test('the unit of the data does not matter when its range is told', () =>
  forAllBatches(large, few, ({ pred, target }) => {
    const [big, bigTarget] = [scaled(pred, 10_000), scaled(target, 10_000)];
    expect(psnr({ pred: big, target: bigTarget, dataRange: 10_000 })).toBeCloseTo(psnr({ pred, target, dataRange: 1 }), 9);
    for (const padding of ['valid', 'reflect', 'zero'] as const) {
      expect(ssim({ pred: big, target: bigTarget, dataRange: 10_000, padding })).toBeCloseTo(
        ssim({ pred, target, dataRange: 1, padding }),
        9,
      );
    }
    expect(sam({ pred: scaled(pred, 7), target })).toBeCloseTo(sam({ pred, target }), 4);
  }));

test('prediction and target can change places', () =>
  forAllBatches(large, few, ({ pred, target }) => {
    expect(psnr({ pred: target, target: pred, dataRange: 1 })).toBe(psnr({ pred, target, dataRange: 1 }));
    expect(ssim({ pred: target, target: pred, dataRange: 1 })).toBeCloseTo(ssim({ pred, target, dataRange: 1 }), 12);
    expect(sam({ pred: target, target: pred })).toBeCloseTo(sam({ pred, target }), 9);
  }));

test('similarity is at most 1', () =>
  lawBounded((batch) => ssim({ ...batch, dataRange: 1 }), { batches: large, low: -1, high: 1, orNaN: true, ...few }));

test('similarity agrees with windows summed one by one', () =>
  forAllBatches(large, few, ({ pred, target, mask }) => {
    const want = slowSimilarity(pred, target, mask.data);
    const got = ssim({ pred, target, mask, dataRange: 1 });
    if (Number.isNaN(want)) expect(got).toBeNaN();
    else expect(got).toBeCloseTo(want, 10);
  }));

/** The definition, window by window, over the images with a counted window; valid padding. */
function slowSimilarity({ shape: [n, h, w, c], data: x }: Image, { data: y }: Image, mask: Uint8Array): number {
  const side = Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / 4.5));
  const total = side.reduce((sum, weight) => sum + weight, 0) ** 2;
  const perImage: number[] = [];
  for (let image = 0; image < n; image++) {
    const values: number[] = [];
    for (let top = 0; top + 11 <= h; top++) {
      for (let left = 0; left + 11 <= w; left++) {
        if (mask[(image * h + top + 5) * w + left + 5] === 0) continue;
        for (let band = 0; band < c; band++) {
          const mean = (value: (i: number) => number): number => {
            let sum = 0;
            for (let k = 0; k < 121; k++) {
              const [dy, dx] = [Math.floor(k / 11), k % 11];
              sum += (side[dy] * side[dx] * value(((image * h + top + dy) * w + left + dx) * c + band)) / total;
            }
            return sum;
          };
          const [mx, my] = [mean((i) => x[i]), mean((i) => y[i])];
          const [vx, vy] = [mean((i) => (x[i] - mx) ** 2), mean((i) => (y[i] - my) ** 2)];
          const covariance = mean((i) => (x[i] - mx) * (y[i] - my));
          values.push(((2 * mx * my + 1e-4) * (2 * covariance + 9e-4)) / ((mx * mx + my * my + 1e-4) * (vx + vy + 9e-4)));
        }
      }
    }
    if (values.length > 0) perImage.push(values.reduce((sum, value) => sum + value, 0) / values.length);
  }
  return perImage.reduce((sum, value) => sum + value, 0) / perImage.length;
}

test('what is masked does not count, and without a pixel there is no value', () => {
  const measures: ((batch: ImageBatch) => number)[] = [
    mse,
    mae,
    rmse,
    sam,
    (batch) => psnr({ ...batch, dataRange: 1, reduction: 'pooled' }),
  ];
  for (const measure of measures) {
    lawIgnoresMasked(measure, { batches, fields: ['pred', 'target'] });
    expect(measure({ ...pixel, mask: { shape: [1, 1, 1], data: Uint8Array.of(0) } })).toBeNaN();
  }
});

const pixel: ImageBatch = {
  pred: { shape: [1, 1, 1, 1], data: Float32Array.of(1) },
  target: { shape: [1, 1, 1, 1], data: Float32Array.of(0.5) },
  mask: { shape: [1, 1, 1], data: Uint8Array.of(1) },
};

test('unequal batches change nothing', () => {
  for (const name of ['psnr', 'ssim', 'mae', 'rmse', 'sam', 'count'] as const) {
    const over = (parts: readonly ImageBatch[]): number => {
      const [first, second] = [new ImageQualityAccumulator({ dataRange: 1 }), new ImageQualityAccumulator({ dataRange: 1 })];
      for (const { pred, target, mask } of parts) second.update(pred, target, mask);
      first.merge(second);
      return first.compute()[name];
    };
    lawStreamingEqualsOneShot((batch) => over([batch]), over, { batches: large, ...few });
  }
  const accumulator = new ImageQualityAccumulator({ dataRange: 1 });
  expect(accumulator.compute()).toEqual({ psnr: NaN, ssim: NaN, mae: NaN, rmse: NaN, sam: NaN, count: 0 });
});

test('the accumulator gives the values of the functions', () =>
  forAllBatches(large, few, ({ pred, target, mask }) => {
    const accumulator = new ImageQualityAccumulator({ dataRange: 2, padding: 'reflect', unit: 'radians' });
    accumulator.update(pred, target, mask);
    const pair = { pred, target, mask };
    const { count, ...values } = accumulator.compute();
    expect(values).toEqual({
      psnr: psnr({ ...pair, dataRange: 2 }),
      ssim: ssim({ ...pair, dataRange: 2, padding: 'reflect' }),
      mae: mae(pair),
      rmse: rmse(pair),
      sam: sam({ ...pair, unit: 'radians' }),
    });
    expect(count).toBeLessThanOrEqual(pred.shape[0]);
    accumulator.reset();
    expect(accumulator.compute().count).toBe(0);
  }));

test('says what is wrong', () => {
  const pair = { pred: image(0, 1), target: image(0, 1) };
  expect(() => psnr({ ...pair, dataRange: 0 })).toThrow('psnr: dataRange must be a positive number, got 0');
  expect(() => mae({ ...pair, pred: image(0) })).toThrow('mae: pred must have shape [1,1,2,1], got [1,1,1,1]');
  expect(() => mae({ ...pair, pred: image(0, NaN) })).toThrow('mae: pred must be finite, got NaN at [0,0,1,0]');
  expect(() => mae({ ...pair, target: image(Infinity, 0) })).toThrow('mae: target must be finite, got Infinity');
  expect(() => mae({ ...pair, mask: image(1, 1) })).toThrow('mae: mask must have shape [1,1,2], got [1,1,2,1]');
  const empty = { shape: [0, 4, 4, 3], data: new Float32Array(0) };
  expect(() => mse({ pred: empty, target: empty })).toThrow('mse: target must have shape [N,H,W,C] without empty axes, got [0,4,4,3]');
  expect(() => ssim({ ...pair, dataRange: 1 })).toThrow('ssim: images must be at least 11 x 11 pixels, got 1 x 2');
  expect(() => mse({ ...pair, reduction: 'sum' as 'pooled' })).toThrow('reduction must be perImage or pooled, got sum');
  expect(() => ssim({ ...pair, dataRange: 1, padding: 'same' as 'zero' })).toThrow('padding must be valid, reflect or zero, got same');
  expect(() => sam({ ...pair, unit: 'turns' as 'degrees' })).toThrow('unit must be degrees or radians, got turns');
  expect(() => new ImageQualityAccumulator({ dataRange: NaN })).toThrow('ImageQualityAccumulator: dataRange');
});
