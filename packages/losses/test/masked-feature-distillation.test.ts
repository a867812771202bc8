import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { maskedFeatureDistillation } from '../src/masked-feature-distillation.js';
import { apart, forAllBatches, value } from './batches.js';

test('is 0 for equal features and, with a zero gradient, when everything is cloudy', () =>
  forAllBatches(({ images, others, mask }) => {
    const loss = (x: tf.Tensor): tf.Scalar => maskedFeatureDistillation(x as tf.Tensor4D, others, tf.onesLike(mask));
    expect(value(maskedFeatureDistillation(images, images, mask))).toBe(0);
    expect(value(loss(images))).toBe(0);
    expect(value(tf.max(tf.abs(tf.grad(loss)(images))))).toBe(0);
  }));

test('ignores the features under clouds', () =>
  forAllBatches(({ images, others, mask }) => {
    const disturbed = tf.where(tf.cast(tf.expandDims(mask, -1), 'bool'), tf.neg(images), images) as tf.Tensor4D;
    expect(value(maskedFeatureDistillation(disturbed, others, mask))).toBe(value(maskedFeatureDistillation(images, others, mask)));
  }));

test('counts per clear pixel by default, per element on request', () =>
  forAllBatches(({ images, others, mask }) => {
    const clear = mask.size - value(tf.sum(mask));
    const perPixel = value(maskedFeatureDistillation(images, others, mask));
    const perElement = value(maskedFeatureDistillation(images, others, mask, { normalization: 'elements' }));
    expect(perElement * images.size).toBeCloseTo(perPixel * clear, 2);
  }));

test('has the gradient 2 (student - teacher) on clear pixels, over their number', () =>
  forAllBatches(({ images, others, mask }) => {
    const clear = tf.expandDims(tf.sub(1, tf.cast(mask, 'float32')), -1);
    const wanted = tf.div(tf.mul(tf.mul(2, tf.sub(images, others)), clear), tf.maximum(tf.sum(clear), 1));
    const gradient = tf.grad((x) => maskedFeatureDistillation(x as tf.Tensor4D, others, mask))(images);
    expect(apart(gradient, wanted)).toBeLessThan(1e-5);
  }));

test('gives the teacher no gradient', () => {
  const features = tf.randomNormal<tf.Rank.R4>([1, 2, 2, 3], 0, 1, 'float32', 1);
  const loss = (student: tf.Tensor, teacher: tf.Tensor): tf.Scalar =>
    maskedFeatureDistillation(student as tf.Tensor4D, tf.mul(teacher, 2) as tf.Tensor4D, tf.zeros([1, 2, 2]));
  expect(() => tf.grad((teacher) => loss(features, teacher))(tf.zerosLike(features))).toThrow(/gradient/);
  const [ofBoth] = tf.grads((x) => loss(x, x))([features]);
  expect(apart(ofBoth, tf.mul(features, -2 / 4))).toBeLessThan(1e-6); // 2 (x - 2x) / 4 pixels: the student's part alone
});

test('resizes the difference as it would resize both', () => {
  const student = tf.tensor4d([0, 1, 2, 3], [1, 2, 2, 1]);
  const loss = maskedFeatureDistillation(student, tf.zerosLike(student), tf.zeros([1, 4, 4]));
  // half-pixel bilinear to 4x4: rows 0, .5, 1.5, 2 plus columns 0, .25, .75, 1
  const rows = [0, 0.5, 1.5, 2];
  const columns = [0, 0.25, 0.75, 1];
  const squares = rows.flatMap((row) => columns.map((column) => (row + column) ** 2));
  expect(value(loss)).toBeCloseTo(squares.reduce((sum, square) => sum + square) / 16, 5);
});

test('keeps no tensor besides its result', () =>
  forAllBatches(({ images, others, mask }) => {
    const before = tf.memory().numTensors;
    maskedFeatureDistillation(images, others, mask);
    expect(tf.memory().numTensors).toBe(before + 1);
  }));

test('names the argument whose shape is wrong', () => {
  const features = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
  expect(() => maskedFeatureDistillation(features, tf.zeros([1, 2, 2, 4]), tf.zeros([1, 2, 2]))).toThrow(
    'maskedFeatureDistillation: teacher must have shape [1,2,2,3], got [1,2,2,4]',
  );
});
