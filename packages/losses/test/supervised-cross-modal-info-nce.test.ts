import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { expect, test } from 'vitest';
import { contrast } from '../src/contrast.js';
import { supervisedCrossModalInfoNce, type SupervisedCrossModalInfoNceOptions } from '../src/index.js';
import { apart, value } from './batches.js';
import { forAllPixels } from './pixels.js';

type Options = SupervisedCrossModalInfoNceOptions;
const every: readonly Options[] = [{}, { temperature: 0.3, reduction: 'sum' }, { temperature: 0.5, symmetric: true }];
const gradients = (f1: tf.Tensor, f2: tf.Tensor, labels: tf.Tensor1D, options?: Options): tf.Tensor[] =>
  tf.grads((a, b) => supervisedCrossModalInfoNce(a as tf.Tensor2D, b as tf.Tensor2D, labels, options))([f1, f2]);
const largest = (x: tf.Tensor): number => value(tf.max(tf.abs(x)));

/** Eq. (5), composed op by op. */
function composed(
  f1: tf.Tensor,
  f2: tf.Tensor,
  labels: tf.Tensor1D,
  { temperature = 0.07, reduction = 'mean', symmetric }: Options,
): tf.Scalar {
  const unit = (x: tf.Tensor): tf.Tensor => tf.div(x, tf.sqrt(tf.sum(tf.square(x), 1, true)));
  const similarity = tf.div(tf.matMul(unit(f1) as tf.Tensor2D, unit(f2) as tf.Tensor2D, false, true), temperature);
  const positive = tf.equal(tf.expandDims(labels, 1), tf.expandDims(labels, 0));
  const direction = (s: tf.Tensor): tf.Tensor => {
    const each = tf.sub(tf.logSumExp(s, 1), tf.logSumExp(tf.where(positive, s, -1e9), 1));
    return reduction === 'mean' ? tf.mean(each) : tf.sum(each);
  };
  if (!symmetric) return direction(similarity) as tf.Scalar;
  return tf.mul(tf.add(direction(similarity), direction(tf.transpose(similarity))), 0.5);
}

test('is equation (5), gradient included', () =>
  forAllPixels(({ f1, f2, labels }) => {
    for (const options of every) {
      expect(value(supervisedCrossModalInfoNce(f1, f2, labels, options))).toBeCloseTo(value(composed(f1, f2, labels, options)), 4);
      const expected = tf.grads((a, b) => composed(a, b, labels, options))([f1, f2]);
      gradients(f1, f2, labels, options).forEach((gradient, i) => {
        expect(apart(gradient, expected[i])).toBeLessThan(2e-5 * Math.max(1, largest(expected[i])));
      });
    }
  }));

test('is at least 0, and 0 with a zero gradient where all pixels are of one class', () =>
  forAllPixels(({ f1, f2, labels }) => {
    expect(value(supervisedCrossModalInfoNce(f1, f2, labels))).toBeGreaterThanOrEqual(0);
    const same = tf.zerosLike(labels);
    expect(value(supervisedCrossModalInfoNce(f1, f2, same))).toBe(0);
    for (const gradient of gradients(f1, f2, same)) expect(largest(gradient)).toBe(0);
  }));

test('does not depend on the order of the pixels, the names of the classes, or the lengths of the features', () =>
  forAllPixels(({ f1, f2, labels, order, factors }) => {
    const here = value(supervisedCrossModalInfoNce(f1, f2, labels));
    const turned = [f1, f2].map((rows) => tf.gather(rows, order)) as tf.Tensor2D[];
    expect(value(supervisedCrossModalInfoNce(turned[0], turned[1], tf.gather(labels, order)))).toBeCloseTo(here, 4);
    expect(value(supervisedCrossModalInfoNce(f1, f2, tf.sub(100, labels)))).toBeCloseTo(here, 4);
    expect(value(supervisedCrossModalInfoNce(tf.mul(f1, factors), tf.div(f2, factors), labels))).toBeCloseTo(here, 3);
  }));

test('does not change when the sensors change places, if it is symmetric', () =>
  forAllPixels(({ f1, f2, labels }) => {
    const options = { symmetric: true };
    const here = value(supervisedCrossModalInfoNce(f1, f2, labels, options));
    expect(value(supervisedCrossModalInfoNce(f2, f1, labels, options))).toBeCloseTo(here, 5);
  }));

test('passes over rows of the label -1, and gives them no gradient', () =>
  forAllPixels(({ f1, f2, labels }) => {
    for (const options of every) {
      const [more1, more2] = [f1, f2].map((rows) => tf.concat([rows, tf.ones([3, f1.shape[1]])]) as tf.Tensor2D);
      const padded = tf.concat([labels, tf.fill([3], -1, 'int32')]) as tf.Tensor1D;
      expect(value(supervisedCrossModalInfoNce(more1, more2, padded, options))).toBeCloseTo(
        value(supervisedCrossModalInfoNce(f1, f2, labels, options)),
        4,
      );
      const alone = gradients(f1, f2, labels, options);
      gradients(more1, more2, padded, options).forEach((gradient, i) => {
        expect(apart(tf.slice(gradient, 0, f1.shape), alone[i])).toBeLessThan(2e-5 * Math.max(1, largest(alone[i])));
        expect(largest(tf.slice(gradient, [f1.shape[0], 0]))).toBe(0);
      });
    }
  }));

test('is the same in blocks of any size', () =>
  forAllPixels(({ f1, f2, labels }) => {
    const pairs = { positive: labels, anchor: tf.onesLike(labels), target: tf.zerosLike(labels) };
    const weights = tf.fill([f1.shape[0]], 0.5) as tf.Tensor1D;
    const inBlocks = (blockSize: number) => (a: tf.Tensor, b: tf.Tensor) =>
      contrast({ anchors: a as tf.Tensor2D, targets: b as tf.Tensor2D, pairs, weights, temperature: 1, blockSize });
    const whole = tf.grads(inBlocks(1e6))([f1, f2]);
    for (const size of [1, 20, 50]) {
      expect(value(inBlocks(size)(f1, f2))).toBeCloseTo(value(inBlocks(1e6)(f1, f2)), 4);
      tf.grads(inBlocks(size))([f1, f2]).forEach((gradient, i) => expect(apart(gradient, whole[i])).toBeLessThan(1e-5));
    }
  }));

test('tends to log K for K balanced classes as the temperature grows', () => {
  const [f1, f2] = [1, 2].map((seed) => tf.randomNormal<tf.Rank.R2>([40, 3], 0, 1, 'float32', seed));
  const labels = tf.tensor1d(
    Int32Array.from({ length: 40 }, (_, i) => i % 5),
    'int32',
  );
  expect(value(supervisedCrossModalInfoNce(f1, f2, labels, { temperature: 1e4 }))).toBeCloseTo(Math.log(5), 3);
});

test('stays exact at a temperature of 0.01', () => {
  const f1 = tf.tensor2d([1, 0, 0, 1], [2, 2]);
  const f2 = tf.tensor2d([-1, 0, 1, 0], [2, 2]); // the first anchor is as far as can be from its positive, at its negative
  const labels = tf.tensor1d([0, 1], 'int32');
  expect(value(supervisedCrossModalInfoNce(f1, f2, labels, { temperature: 0.01 }))).toBeCloseTo((200 + Math.log(2)) / 2, 4);
  for (const gradient of gradients(f1, f2, labels, { temperature: 0.01 })) expect(Number.isFinite(value(tf.sum(gradient)))).toBe(true);
});

test('is finite for features of 0', () => {
  const zero = tf.zeros<tf.Rank.R2>([3, 4]);
  const labels = tf.tensor1d([0, 1, 1], 'int32');
  expect(value(supervisedCrossModalInfoNce(zero, zero, labels))).toBeCloseTo((Math.log(3) + 2 * Math.log(3 / 2)) / 3, 6);
  for (const gradient of gradients(zero, zero, labels)) expect(largest(gradient)).toBe(0);
});

test('is 0 with a zero gradient for one pixel, for none, and where all are passed over', () => {
  const one = tf.tensor2d([[1, 2, 3]]);
  expect(value(supervisedCrossModalInfoNce(one, tf.neg(one), tf.tensor1d([4], 'int32')))).toBe(0);
  const none = tf.zeros<tf.Rank.R2>([0, 3]);
  expect(value(supervisedCrossModalInfoNce(none, none, tf.zeros([0], 'int32')))).toBe(0);
  expect(gradients(none, none, tf.zeros([0], 'int32')).map(({ shape }) => shape)).toEqual([
    [0, 3],
    [0, 3],
  ]);
  const padding = tf.tensor1d([-1], 'int32');
  expect(value(supervisedCrossModalInfoNce(one, one, padding))).toBe(0);
  for (const gradient of gradients(one, one, padding)) expect(largest(gradient)).toBe(0);
});

test('runs as a captured graph that is fed other labels, with blocks large enough for compiled kernels', () => {
  const [f1, f2] = [1, 2].map((seed) => tf.randomNormal<tf.Rank.R2>([300, 8], 0, 1, 'float32', seed));
  const run = capture(({ labels }: { labels: tf.Tensor }) => ({
    gradient: gradients(f1, f2, labels as tf.Tensor1D, { symmetric: true })[0],
  }));
  for (const seed of [3, 4]) {
    const labels = tf.randomUniformInt([300], -1, 5, seed) as tf.Tensor1D;
    expect(apart(run({ labels }).gradient, gradients(f1, f2, labels, { symmetric: true })[0])).toBeLessThan(1e-6);
  }
  run.dispose();
});

test('keeps no tensor besides its result', () =>
  forAllPixels(({ f1, f2, labels }) => {
    for (const options of every) {
      const before = tf.memory().numTensors;
      supervisedCrossModalInfoNce(f1, f2, labels, options);
      expect(tf.memory().numTensors).toBe(before + 1);
      gradients(f1, f2, labels, options);
      expect(tf.memory().numTensors).toBe(before + 3);
    }
  }));

test('names what does not fit', () => {
  const rows = tf.zeros<tf.Rank.R2>([2, 3]);
  const labels = tf.zeros<tf.Rank.R1>([2], 'int32');
  expect(() => supervisedCrossModalInfoNce(rows, tf.zeros([3, 3]), labels)).toThrow(
    'supervisedCrossModalInfoNce: f2 must have shape [2,3], got [3,3]',
  );
  expect(() => supervisedCrossModalInfoNce(rows, rows, tf.zeros([3], 'int32'))).toThrow('labels must have shape [2], got [3]');
  expect(() => supervisedCrossModalInfoNce(rows, rows, labels, { temperature: 0 })).toThrow('temperature must be positive, got 0');
  expect(() => supervisedCrossModalInfoNce(rows, rows, labels, { eps: 0 })).toThrow('eps must be positive, got 0');
});
