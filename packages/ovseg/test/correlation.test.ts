import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { correlation } from '../src/index.js';
import { apart, freeing, leftBehind, normal } from './volumes.js';

const size = fc.integer({ min: 1, max: 4 });
const shapes = fc.record({ b: size, h: size, w: size, t: size, p: size, c: size, seed: fc.integer({ min: 1, max: 1e6 }) });

/** Checks a law on seeded features and prompts. */
const forAll = (check: (feat: tf.Tensor4D, text: tf.Tensor4D) => void): void =>
  fc.assert(
    fc.property(shapes, ({ b, h, w, t, p, c, seed }) => freeing(() => check(normal([b, h, w, c], seed), normal([b, t, p, c], seed + 1)))),
    { numRuns: 25, seed: 1 },
  );

test('the same direction gives 1, a right angle 0, whatever the lengths', () =>
  freeing(() => {
    const corr = correlation(tf.tensor4d([3, 0], [1, 1, 1, 2]), tf.tensor4d([2, 0, 0, 5], [1, 2, 1, 2]));
    expect(corr.shape).toEqual([1, 2, 1, 1, 1]);
    expect(corr.dataSync()[0]).toBeCloseTo(1, 6);
    expect(corr.dataSync()[1]).toBe(0);
  }));

test('lies in [-1, 1], and lengths do not matter', () =>
  forAll((feat, text) => {
    const corr = correlation(feat, text);
    expect(tf.max(tf.abs(corr)).dataSync()[0]).toBeLessThan(1 + 1e-5);
    expect(apart(corr, correlation(tf.mul<tf.Tensor4D>(feat, 7), tf.mul<tf.Tensor4D>(text, 0.1)))).toBeLessThan(1e-5);
  }));

test('is that of a prompt alone, prompt by prompt', () =>
  forAll((feat, text) => {
    const [, , prompts] = text.shape;
    const all = tf.unstack(correlation(feat, text), 4);
    tf.split<tf.Tensor4D>(text, prompts, 2).forEach((prompt, i) => {
      expect(apart(all[i], tf.squeeze(correlation(feat, prompt), [4]))).toBeLessThan(1e-6);
    });
  }));

test('features of zeros are like nothing, and have a gradient', () =>
  freeing(() => {
    const text = normal<tf.Tensor4D>([1, 2, 1, 3], 1);
    const zeros = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
    expect(apart(correlation(zeros, text), tf.zeros([1, 2, 2, 2, 1]))).toBe(0);
    const gradient = tf.grad((feat) => tf.sum(correlation(feat as tf.Tensor4D, text)))(zeros);
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
  }));

test('refuses what does not fit, and leaves nothing behind', () => {
  const feat = tf.ones<tf.Rank.R4>([1, 2, 2, 3]);
  const text = tf.ones<tf.Rank.R4>([1, 2, 1, 3]);
  expect(leftBehind(() => correlation(feat, text))).toBe(0);
  expect(() => correlation(feat, tf.zeros([1, 2, 1, 4]))).toThrow('correlation: text must have shape [1,*,*,3], got [1,2,1,4]');
  expect(() => correlation(feat, tf.zeros([1, 0, 1, 3]))).toThrow('correlation: text must hold at least one class and prompt');
  tf.dispose([feat, text]);
});
