import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { expect, test } from 'vitest';
import { gaussianMmd2, mmd2, type GaussianMmd2Options } from '../src/index.js';
import { apart, value } from './batches.js';
import { forAllSamples } from './samples.js';

const quadratic: readonly GaussianMmd2Options[] = [
  {},
  { bandwidth: 'median' },
  { bandwidth: 0.7, scales: [0.5, 1, 2] },
  { estimator: 'unbiased' },
];
const every: readonly GaussianMmd2Options[] = [...quadratic, { estimator: 'linear', bandwidth: 'median', scales: [1, 3] }];

/** The definition on the host in float64, of one batch element. */
function reference(x: number[][], y: number[][], { estimator = 'biased', bandwidth = 'mean', scales = [1] }: GaussianMmd2Options): number {
  const squared = (u: number[], v: number[]): number => u.reduce((sum, one, i) => sum + (one - v[i]) ** 2, 0);
  const pooled = [...x, ...y];
  const distances = pooled.flatMap((u, i) => pooled.slice(i + 1).map((v) => Math.sqrt(squared(u, v)))).sort((a, b) => a - b);
  const half = (distances.length - 1) / 2;
  const variances = {
    mean: distances.reduce((sum, one) => sum + one * one, 0) / distances.length / 2,
    median: ((distances[Math.floor(half)] + distances[Math.ceil(half)]) / 2) ** 2,
  };
  const variance = typeof bandwidth === 'number' ? bandwidth * bandwidth : variances[bandwidth];
  const mean = (values: number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const kernel = (u: number[], v: number[]): number => mean(scales.map((s) => Math.exp(-squared(u, v) / (2 * s * s * variance))));
  if (estimator === 'linear')
    return mean(
      Array.from({ length: Math.floor(x.length / 2) }, (_, i) => {
        const [x0, x1, y0, y1] = [x[2 * i], x[2 * i + 1], y[2 * i], y[2 * i + 1]];
        return kernel(x0, x1) + kernel(y0, y1) - kernel(x0, y1) - kernel(x1, y0);
      }),
    );
  const within = (points: number[][]): number =>
    mean(points.flatMap((u, i) => points.filter((_, j) => estimator === 'biased' || i !== j).map((v) => kernel(u, v))));
  return within(x) + within(y) - 2 * mean(x.flatMap((u) => y.map((v) => kernel(u, v))));
}

test('is its definition', () =>
  forAllSamples(({ x, y, z }) => {
    for (const options of every) {
      const other = options.estimator === 'linear' ? z : y;
      const [hostX, hostY] = [x.arraySync(), other.arraySync()];
      const expected = hostX.map((points, i) => reference(points, hostY[i], options));
      expect(apart(gaussianMmd2(x, other, options), tf.tensor1d(expected))).toBeLessThan(2e-6);
    }
  }));

test('does not change when the samples are swapped, and all tokens move together', () =>
  forAllSamples(({ x, y }) => {
    for (const options of quadratic) {
      const here = gaussianMmd2(x, y, options);
      expect(apart(gaussianMmd2(y, x, options), here)).toBeLessThan(1e-6);
      expect(apart(gaussianMmd2(tf.add(x, 20), tf.add(y, 20), options), here)).toBeLessThan(2e-5);
    }
  }));

test('is never below 0, and 0 with a zero gradient on equal samples', () =>
  forAllSamples(({ x, y }) => {
    expect(value(tf.min(gaussianMmd2(x, y)))).toBeGreaterThan(-1e-6);
    expect(value(tf.max(tf.abs(gaussianMmd2(x, x))))).toBeLessThan(1e-6);
    const gradient = tf.grad((u) => mmd2(u as tf.Tensor3D, tf.clone(x)))(x);
    expect(value(tf.max(tf.abs(gradient)))).toBeLessThan(1e-6);
  }));

test('with a rule for the width does not change when all tokens are scaled', () =>
  forAllSamples(({ x, y }) => {
    for (const bandwidth of ['mean', 'median'] as const)
      expect(apart(gaussianMmd2(tf.mul(x, 8), tf.mul(y, 8), { bandwidth }), gaussianMmd2(x, y, { bandwidth }))).toBeLessThan(2e-6);
  }));

test('has the slope of its own values', () =>
  forAllSamples(({ x, y, z }) => {
    for (const { estimator } of every) {
      const options: GaussianMmd2Options = { estimator, bandwidth: 2, scales: [1, 0.5] };
      const other = estimator === 'linear' ? z : y;
      const [dx, dy] = tf.grads((u, v) => mmd2(u as tf.Tensor3D, v as tf.Tensor3D, options))([x, other]);
      const along = (step: number): number =>
        value(mmd2(tf.add(x, tf.mul(tf.sin(x), step)), tf.add(other, tf.mul(tf.cos(other), step)), options));
      const slope = value(tf.add(tf.sum(tf.mul(dx, tf.sin(x))), tf.sum(tf.mul(dy, tf.cos(other)))));
      expect(Math.abs((along(0.05) - along(-0.05)) / 0.1 - slope)).toBeLessThan(2e-3);
    }
  }));

test('takes every floor(i n / k)-th token of more than maxTokens', () => {
  const x = tf.randomNormal<tf.Rank.R3>([2, 10, 3], 0, 1, 'float32', 1);
  const y = tf.randomNormal<tf.Rank.R3>([2, 4, 3], 0, 1, 'float32', 2);
  const few = tf.gather(x, tf.tensor1d([0, 2, 5, 7], 'int32'), 1);
  expect(apart(gaussianMmd2(x, y, { maxTokens: 4 }), gaussianMmd2(few, y))).toBe(0);
  const gradient = tf.grad((u) => mmd2(u as tf.Tensor3D, y, { maxTokens: 4 }))(x);
  const touched = tf.any(tf.notEqual(gradient, 0), [0, 2]);
  expect([...touched.dataSync()]).toEqual([1, 0, 1, 0, 0, 1, 0, 1, 0, 0]);
});

test('is finite where all tokens are one', () => {
  const x = tf.ones<tf.Rank.R3>([1, 5, 2]);
  for (const bandwidth of ['mean', 'median'] as const) {
    expect(value(gaussianMmd2(x, x, { bandwidth }))).toBeCloseTo(0, 6);
    expect([
      ...tf
        .grad((u) => mmd2(u as tf.Tensor3D, x, { bandwidth }))(x)
        .dataSync(),
    ]).toEqual(Array(10).fill(0));
  }
});

test('runs as a captured graph, gradient included, large enough for compiled kernels', () => {
  const x = tf.randomNormal<tf.Rank.R3>([1, 260, 3], 0, 1, 'float32', 1);
  const y = tf.randomNormal<tf.Rank.R3>([1, 260, 3], 1, 1, 'float32', 2);
  for (const options of [...every, { maxTokens: 4 }]) {
    const gradient = tf.grad((u) => mmd2(u as tf.Tensor3D, y, options));
    const run = capture(({ u }: { u: tf.Tensor }) => ({ gradient: gradient(u) }));
    expect(apart(run({ u: x }).gradient, gradient(x))).toBeLessThan(1e-6);
    run.dispose();
  }
});

test('keeps no tensor besides its result', () =>
  forAllSamples(({ x, y }) => {
    for (const options of quadratic) {
      const before = tf.memory().numTensors;
      mmd2(x, y, options);
      expect(tf.memory().numTensors).toBe(before + 1);
      tf.grad((u) => mmd2(u as tf.Tensor3D, y, options))(x);
      expect(tf.memory().numTensors).toBe(before + 2);
    }
  }));

test('names what does not fit', () => {
  const x = tf.zeros<tf.Rank.R3>([1, 3, 2]);
  expect(() => gaussianMmd2(x, tf.zeros([1, 3, 4]))).toThrow('gaussianMmd2: y must have shape [1,*,2], got [1,3,4]');
  expect(() => gaussianMmd2(x, x, { bandwidth: 0 })).toThrow("gaussianMmd2: bandwidth must be positive, 'mean' or 'median', got 0");
  expect(() => gaussianMmd2(x, x, { scales: [] })).toThrow('gaussianMmd2: scales must be one or more positive numbers, got []');
  expect(() => gaussianMmd2(x, x, { maxTokens: 1.5 })).toThrow('gaussianMmd2: maxTokens must be a whole number, 0 for all, got 1.5');
  expect(() => gaussianMmd2(x, x, { estimator: 'unbiased', maxTokens: 1 })).toThrow('needs 2 tokens of x and of y or more, got 1 and 1');
  expect(() => gaussianMmd2(x, tf.zeros([1, 2, 2]), { estimator: 'linear' })).toThrow('needs as many tokens of x as of y, got 3 and 2');
});
