import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { WeightedGlobalPooling } from '../src/index.js';
import { apart, forAllMaps, value } from './feature-maps.js';

const pooling = new WeightedGlobalPooling();

test('pooling with a constant weight is the mean', () =>
  forAllMaps(({ map, shape: [n, h, w] }) => {
    const mean = tf.mean(map(0), [1, 2]);
    expect(apart(pooling.call(map(0), tf.fill([n, h, w, 1], 0.3)), mean)).toBeLessThan(1e-4);
    expect(apart(pooling.call(map(0)), mean)).toBeLessThan(1e-4);
  }));

test('pooling does not see pixels of weight 0', () =>
  forAllMaps(({ map, shape: [n, h, w], seed }) => {
    const weight = tf.cast(tf.randomUniformInt([n, h, w, 1], 0, 2, seed), 'float32') as tf.Tensor4D;
    const disturbed = tf.add(map(0), tf.mul(tf.sub(1, weight), map(1))) as tf.Tensor4D;
    expect(apart(pooling.call(disturbed, weight), pooling.call(map(0), weight))).toBeLessThan(1e-5);
  }));

test('pooling of a constant map is the constant, whatever the weight', () =>
  forAllMaps(({ map }) => {
    const weight = tf.add(tf.sigmoid(map(1, 1)), 0.5) as tf.Tensor4D;
    expect(apart(pooling.call(tf.fill(map(0).shape, 2) as tf.Tensor4D, weight), tf.scalar(2))).toBeLessThan(1e-4);
  }));

test('pooling without any weight is 0, with a finite gradient', () => {
  const x = tf.ones<tf.Rank.R4>([1, 2, 2, 1]);
  expect(value(pooling.call(x, tf.zerosLike(x)))).toBe(0);
  const [dx, dw] = tf.grads((a, b) => tf.sum(pooling.call(a as tf.Tensor4D, b as tf.Tensor4D)))([x, tf.zerosLike(x)]);
  expect([...dx.dataSync(), ...dw.dataSync()].every(Number.isFinite)).toBe(true);
});

test('pooling says which weight does not fit', () => {
  expect(() => pooling.call(tf.zeros([1, 2, 2, 3]), tf.zeros([1, 2, 3, 1]))).toThrow(
    'WeightedGlobalPooling: weight must have shape [1,2,2,1], got [1,2,3,1]',
  );
});
