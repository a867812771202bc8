import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forAllBatches, imageBatches, lawBounded, lawStreamingEqualsOneShot, type ImageBatch } from '@rs/properties';
import {
  activationSparsity,
  ActivationSparsityAccumulator,
  channelDimension,
  effectiveRank,
  EffectiveRankAccumulator,
  linearCka,
  LinearCkaAccumulator,
} from '../src/index.js';

const batches = imageBatches({ channels: 4, minSize: 2 });
const runs = { seed: 1 };

/** A rotation of four channels that mixes them all: eigenvectors of a symmetric matrix. */
const { eigenvectorMatrix } = new EigenvalueDecomposition(
  new Matrix([
    [1, 2, 3, 4],
    [2, 7, 1, 5],
    [3, 1, 0, 6],
    [4, 5, 6, 2],
  ]),
  {
    assumeSymmetric: true,
  },
);
const rotated = ({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }, scale = 1, shift = 0) => {
  const rows = Matrix.from1DArray(data.length / 4, 4, [...Array.from(data)]);
  return { shape, data: Float64Array.from(rows.mmul(eigenvectorMatrix).to1DArray(), (value) => scale * value + shift) };
};

test('the spectrum falls, and holds the mean square of the features', () => {
  const accumulator = new EffectiveRankAccumulator();
  expect(accumulator.spectrum()).toEqual([]);
  accumulator.update({ shape: [4, 2], data: Float64Array.of(1, 0, -1, 0, 0, 3, 0, -3) });
  expect(accumulator.spectrum()).toEqual([4.5, 0.5]);
});

test('the rank counts directions', () => {
  const features = (...rows: number[][]) => ({ shape: [1, 1, rows.length, rows[0].length], data: Float64Array.from(rows.flat()) });
  expect(effectiveRank({ features: features([1, 0], [0, 1]) }).erank).toBeCloseTo(2, 12);
  expect(effectiveRank({ features: features([1, 2], [2, 4]) }).erank).toBeCloseTo(1, 6);
  expect(effectiveRank({ features: features([3, 3], [3, 3]), center: true }).erank).toBeNaN();
});

test('the rank lies in 1..C and ignores rotation and scale', () => {
  lawBounded(({ pred }) => effectiveRank({ features: pred }).erank, { batches, low: 1, high: 4 });
  lawBounded(({ pred }) => effectiveRank({ features: pred }).nerank, { batches, low: 1 / 4, high: 1 });
  forAllBatches(batches, runs, ({ pred }) => {
    const turned = rotated(pred, 100);
    expect(effectiveRank({ features: turned }).erank).toBeCloseTo(effectiveRank({ features: pred }).erank, 9);
    const [moved, centred] = [rotated(pred, 1, 5), effectiveRank({ features: pred, center: true }).erank];
    expect(effectiveRank({ features: moved, center: true }).erank).toBeCloseTo(centred, 6);
  });
});

test('alignment lies in [0,1], is 1 for a rotated, scaled and shifted copy, and symmetric', () => {
  lawBounded(({ pred, target }) => linearCka({ x: pred, y: target }), { batches, low: 0, high: 1 });
  forAllBatches(batches, runs, ({ pred, target }) => {
    expect(linearCka({ x: pred, y: rotated(pred, 3, 7) })).toBeCloseTo(1, 9);
    expect(linearCka({ x: pred, y: rotated(target, 3, 7) })).toBeCloseTo(linearCka({ x: pred, y: target }), 9);
    expect(linearCka({ x: target, y: pred })).toBeCloseTo(linearCka({ x: pred, y: target }), 12);
  });
});

test('a constant matrix has no alignment, whatever the constant', () =>
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (constant) => {
      const x = { shape: [5, 2], data: new Float64Array(10).fill(constant) };
      expect(linearCka({ x, y: { shape: [5, 1], data: Float64Array.of(1, 2, 3, 4, 9) } })).toBeNaN();
    }),
    { seed: 1 },
  ));

test('diagnostics stream', () => {
  const rank = (parts: readonly ImageBatch[], center: boolean): number => {
    const accumulator = new EffectiveRankAccumulator({ center });
    for (const { pred } of parts) accumulator.update(pred);
    return accumulator.compute().erank;
  };
  for (const center of [false, true]) {
    lawStreamingEqualsOneShot(
      ({ pred }) => effectiveRank({ features: pred, center }).erank,
      (parts) => rank(parts, center),
      { batches, tolerance: 1e-9 },
    ); // float64 sums in another order
  }
  lawStreamingEqualsOneShot(
    ({ pred, target }) => linearCka({ x: pred, y: target }),
    (parts) => {
      const accumulator = new LinearCkaAccumulator();
      for (const { pred, target } of parts) accumulator.update(pred, target);
      return accumulator.compute();
    },
    { batches, tolerance: 1e-9 }, // as above
  );
  lawStreamingEqualsOneShot(
    ({ pred }) => activationSparsity({ features: pred, threshold: 0.5 }),
    (parts) => {
      const accumulator = new ActivationSparsityAccumulator({ threshold: 0.5 });
      for (const { pred } of parts) accumulator.update(pred);
      return accumulator.compute();
    },
    { batches },
  );
});

test('accumulators know nothing at first, and after a reset', () => {
  const x = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 5) };
  const [rank, cka, sparsity] = [new EffectiveRankAccumulator(), new LinearCkaAccumulator(), new ActivationSparsityAccumulator()];
  const expectNothing = (): void => expect([rank.compute().erank, cka.compute(), sparsity.compute()]).toEqual([NaN, NaN, NaN]);
  expectNothing();
  rank.update(x);
  cka.update(x, x);
  sparsity.update(x);
  expect(cka.compute()).toBeCloseTo(1, 12);
  rank.reset();
  cka.reset();
  sparsity.reset();
  expectNothing();
});

test('sparsity is strict, and the dimension is the last axis', () => {
  const features = { shape: [1, 1, 2, 2], data: Float64Array.of(1e-3, -9e-4, 0, 1) };
  expect(activationSparsity({ features })).toBe(0.5);
  expect(channelDimension(features)).toBe(2);
});

test('says what is wrong', () => {
  const x = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 5) };
  expect(() => linearCka({ x, y: { shape: [1, 2], data: new Float32Array(2) } })).toThrow(
    'must have the same samples, got shapes [2,2] and [1,2]',
  );
  expect(() => effectiveRank({ features: { shape: [2], data: new Float32Array(2) } })).toThrow(
    'features must have shape [N,H,W,C] or [n,d]',
  );
  expect(() => effectiveRank({ features: { shape: [1, 2], data: Float32Array.of(0, NaN) } })).toThrow(
    'features must be finite, got NaN at [0,1]',
  );
  expect(() => activationSparsity({ features: x, threshold: 0 })).toThrow('threshold must be positive, got 0');
  const rank = new EffectiveRankAccumulator();
  rank.update(x);
  expect(() => rank.update({ shape: [1, 3], data: new Float32Array(3) })).toThrow('features must have 2 channels, got 3');
  const cka = new LinearCkaAccumulator();
  cka.update(x, x);
  expect(() => cka.update(x, { shape: [2, 1], data: new Float32Array(2) })).toThrow('must have 2 and 2 columns, got 2 and 1');
  expect(() => channelDimension({ shape: [3] })).toThrow('channelDimension: features must have shape [N,H,W,C], got [3]');
});
