import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { expect, test } from 'vitest';
import { negativeCosineSimilarity } from '../src/index.js';
import { apart, forAllBatches, value } from './batches.js';

const gradients = (maps: readonly tf.Tensor[], stopGradient: boolean): tf.Tensor[] =>
  tf.grads((p1, f1, p2, f2) =>
    negativeCosineSimilarity(p1 as tf.Tensor4D, f1 as tf.Tensor4D, p2 as tf.Tensor4D, f2 as tf.Tensor4D, { stopGradient }),
  )([...maps]);
const largest = (x: tf.Tensor): number => value(tf.max(tf.abs(x)));
const composed = (p1: tf.Tensor, f1: tf.Tensor, p2: tf.Tensor, f2: tf.Tensor): tf.Scalar => {
  const unit = (x: tf.Tensor): tf.Tensor => tf.div(x, tf.sqrt(tf.sum(tf.square(x), -1, true)));
  const mean = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.mean(tf.sum(tf.mul(unit(x), unit(y)), -1));
  return tf.mul(tf.add(mean(p1, f2), mean(p2, f1)), -0.5);
};

test('is equation (4), with and without a gradient of the targets', () =>
  forAllBatches(({ images, others }) => {
    const [p1, f1, p2, f2] = [images, others, tf.sin(others), tf.add(images, others)] as tf.Tensor4D[];
    expect(value(negativeCosineSimilarity(p1, f1, p2, f2))).toBeCloseTo(value(composed(p1, f1, p2, f2)), 5);
    const expected = tf.grads(composed)([p1, f1, p2, f2]);
    gradients([p1, f1, p2, f2], false).forEach((gradient, i) => expect(apart(gradient, expected[i])).toBeLessThan(1e-5));
    const [ofP1, ofP2] = tf.grads((a, b) => negativeCosineSimilarity(a as tf.Tensor4D, f1, b as tf.Tensor4D, f2))([p1, p2]);
    expect(apart(ofP1, expected[0])).toBeLessThan(1e-5);
    expect(apart(ofP2, expected[2])).toBeLessThan(1e-5);
  }));

test('stops the gradient of a feature only where it is a target', () =>
  forAllBatches(({ images, others }) => {
    const translated = tf.grad((f1) => negativeCosineSimilarity(tf.sin(f1) as tf.Tensor4D, f1 as tf.Tensor4D, images, others))(images);
    const alone = tf.grad((p1) => negativeCosineSimilarity(p1 as tf.Tensor4D, images, images, others))(tf.sin(images));
    expect(apart(translated, tf.mul(alone, tf.cos(images)))).toBeLessThan(1e-6);
  }));

test('lies in -1..1, and is -1 where each translation is what it should be', () =>
  forAllBatches(({ images, others }) => {
    expect(Math.abs(value(negativeCosineSimilarity(images, others, others, tf.sin(images))))).toBeLessThanOrEqual(1.00001);
    expect(value(negativeCosineSimilarity(others, images, images, others))).toBeCloseTo(-1, 5);
  }));

test('does not depend on the lengths of the vectors, nor on which sensor comes first', () =>
  forAllBatches(({ images, others, mask }) => {
    const factors = tf.expandDims(tf.add(tf.cast(mask, 'float32'), 0.5), -1);
    const here = value(negativeCosineSimilarity(images, others, others, images));
    expect(value(negativeCosineSimilarity(tf.mul(images, factors), others, tf.mul(others, 3), tf.div(images, factors)))).toBeCloseTo(
      here,
      5,
    );
    const [p1, f1, p2, f2] = [images, tf.sin(others), others, tf.cos(images)] as tf.Tensor4D[];
    expect(value(negativeCosineSimilarity(p2, f2, p1, f1))).toBeCloseTo(value(negativeCosineSimilarity(p1, f1, p2, f2)), 5);
  }));

test('is 0 with a finite gradient at vectors of 0', () => {
  const zero = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
  expect(value(negativeCosineSimilarity(zero, zero, zero, zero))).toBeCloseTo(0, 10);
  for (const gradient of gradients([zero, zero, zero, zero], false)) expect(largest(gradient)).toBe(0);
  const ones = tf.ones<tf.Rank.R4>([1, 2, 2, 3]);
  for (const gradient of gradients([zero, ones, zero, ones], false)) expect(Number.isFinite(largest(gradient))).toBe(true);
});

test('runs as a captured graph, gradient included, large enough for compiled kernels', () => {
  const maps = [1, 2, 3, 4].map((seed) => tf.randomNormal<tf.Rank.R4>([2, 32, 32, 32], 0, 1, 'float32', seed));
  for (const stopGradient of [true, false]) {
    const gradientOfP1 = (p1: tf.Tensor): tf.Tensor =>
      tf.grad((x) => negativeCosineSimilarity(x as tf.Tensor4D, maps[1], maps[2], maps[3], { stopGradient }))(p1);
    const run = capture(({ p1 }: { p1: tf.Tensor }) => ({ gradient: gradientOfP1(p1) }));
    expect(apart(run({ p1: maps[0] }).gradient, gradientOfP1(maps[0]))).toBeLessThan(1e-9);
    run.dispose();
  }
});

test('keeps no tensor besides its result', () =>
  forAllBatches(({ images, others }) => {
    const before = tf.memory().numTensors;
    negativeCosineSimilarity(images, others, others, images);
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.grad((p1) => negativeCosineSimilarity(p1 as tf.Tensor4D, others, others, images))(images);
    expect(tf.memory().numTensors).toBe(before + 2);
  }));

test('names the argument whose shape is wrong', () => {
  const map = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
  expect(() => negativeCosineSimilarity(map, map, tf.zeros([1, 2, 2, 4]), map)).toThrow(
    'negativeCosineSimilarity: p2 must have shape [1,2,2,3], got [1,2,2,4]',
  );
  expect(() => negativeCosineSimilarity(map, map, map, map, { eps: -1 })).toThrow('negativeCosineSimilarity: eps must be positive, got -1');
});
