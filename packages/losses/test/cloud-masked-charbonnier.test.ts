import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { charbonnier } from '../src/charbonnier.js';
import { cloudMaskedCharbonnier } from '../src/cloud-masked-charbonnier.js';
import { apart, forAllBatches, value } from './batches.js';

const floor = (1e-3 ** 2) ** 0.45; // of the penalty, at a difference of 0

test('is symmetric in prediction and target', () =>
  forAllBatches(({ images, others, mask }) => {
    expect(value(cloudMaskedCharbonnier(images, others, mask))).toBeCloseTo(value(cloudMaskedCharbonnier(others, images, mask)), 5);
  }));

test('is at least epsilon^(2p), reached by equal images without clouds', () =>
  forAllBatches(({ images, others, mask }) => {
    expect(value(cloudMaskedCharbonnier(images, others, mask))).toBeGreaterThanOrEqual(floor * (1 - 1e-5));
    expect(value(cloudMaskedCharbonnier(images, images, tf.zerosLike(mask)))).toBeCloseTo(floor, 8);
  }));

test('weighs a cloudy image 1 + lambda times a clear one', () =>
  forAllBatches(({ images, others, mask }) => {
    const clear = value(cloudMaskedCharbonnier(images, others, tf.zerosLike(mask)));
    const cloudy = value(cloudMaskedCharbonnier(images, others, tf.onesLike(mask), { lambda: 2 }));
    expect(cloudy / clear).toBeCloseTo(3, 4);
  }));

test('has the gradient of its plain composition', () =>
  forAllBatches(({ images, others, mask }) => {
    const weight = tf.add(1, tf.mul(5, tf.expandDims(tf.cast(mask, 'float32'), -1)));
    const plain = (x: tf.Tensor): tf.Scalar => tf.mean(tf.mul(weight, tf.pow(tf.add(tf.square(tf.sub(x, others)), 1e-6), 0.45)));
    const gradient = tf.grad((x) => cloudMaskedCharbonnier(x as tf.Tensor4D, others, mask))(images);
    const wanted = tf.grad(plain)(images);
    expect(apart(gradient, wanted)).toBeLessThan(1e-5 * (1 + value(tf.max(tf.abs(wanted)))));
  }));

test('has a finite gradient of 0 where the images are equal', () => {
  const image = tf.ones<tf.Rank.R4>([1, 2, 2, 1]);
  const gradient = tf.grad((x) => cloudMaskedCharbonnier(x as tf.Tensor4D, image, tf.zeros([1, 2, 2])))(image);
  expect([...gradient.dataSync()]).toEqual([0, 0, 0, 0]);
});

test('resizes the prediction to the target', () => {
  const target = tf.fill([1, 6, 4, 2], 0.5) as tf.Tensor4D;
  const prediction = tf.fill([1, 3, 2, 2], 0.25) as tf.Tensor4D;
  const same = charbonnier(tf.scalar(0.25));
  expect(value(cloudMaskedCharbonnier(prediction, target, tf.zeros([1, 6, 4])))).toBeCloseTo(value(same), 6);
});

test('keeps no tensor besides its result', () =>
  forAllBatches(({ images, others, mask }) => {
    const before = tf.memory().numTensors;
    cloudMaskedCharbonnier(images, others, mask);
    expect(tf.memory().numTensors).toBe(before + 1);
  }));

test('names the argument that is wrong', () => {
  const image = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
  expect(() => cloudMaskedCharbonnier(tf.zeros([1, 2, 2, 4]), image, tf.zeros([1, 2, 2]))).toThrow(
    'cloudMaskedCharbonnier: prediction must have shape [1,*,*,3], got [1,2,2,4]',
  );
  expect(() => cloudMaskedCharbonnier(image, image, tf.zeros([1, 1, 2]))).toThrow(
    'cloudMaskedCharbonnier: cloudMask must have shape [1,2,2]',
  );
  expect(() => charbonnier(image, { epsilon: 0 })).toThrow('charbonnier: epsilon must be positive, got 0');
});
