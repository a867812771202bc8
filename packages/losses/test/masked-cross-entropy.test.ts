import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { maskedCrossEntropy } from '../src/masked-cross-entropy.js';
import { apart, forAllBatches, value } from './batches.js';

const gradient = (logits: tf.Tensor4D, labels: tf.Tensor3D): tf.Tensor =>
  tf.grad((x) => maskedCrossEntropy(x as tf.Tensor4D, labels))(logits);

test('is the mean of -log of the probability of the true class', () => {
  const logits = tf.tensor4d([Math.log(1), Math.log(3), Math.log(1), Math.log(1), 0, 100], [1, 1, 3, 2]);
  const labels = tf.tensor3d([1, 0, 255], [1, 1, 3], 'int32');
  expect(value(maskedCrossEntropy(logits, labels))).toBeCloseTo((-Math.log(3 / 4) - Math.log(1 / 2)) / 2, 6);
});

test('does not change when all logits of a pixel move together', () =>
  forAllBatches(({ images, labels }) => {
    const moved = tf.add(images, tf.mul(3, tf.cast(tf.expandDims(tf.minimum(labels, 2), -1), 'float32'))) as tf.Tensor4D;
    expect(value(maskedCrossEntropy(moved, labels))).toBeCloseTo(value(maskedCrossEntropy(images, labels)), 4);
  }));

test('ignores what stands at ignored pixels, even NaN, and gives them no gradient', () =>
  forAllBatches(({ images, labels }) => {
    const ignored = tf.expandDims(tf.equal(labels, 255), -1);
    const disturbed = tf.where(ignored, NaN, images) as tf.Tensor4D;
    expect(value(maskedCrossEntropy(disturbed, labels))).toBe(value(maskedCrossEntropy(images, labels)));
    expect(apart(gradient(disturbed, labels), gradient(images, labels))).toBe(0);
    expect(value(tf.max(tf.abs(tf.where(ignored, gradient(images, labels), 0))))).toBe(0);
  }));

test('has the gradient of its plain composition', () =>
  forAllBatches(({ images, labels }) => {
    const valid = tf.cast(tf.notEqual(labels, 255), 'float32');
    const plain = (x: tf.Tensor): tf.Scalar => {
      const nll = tf.neg(tf.sum(tf.mul(tf.oneHot(labels, images.shape[3]), tf.logSoftmax(x)), -1));
      return tf.div(tf.sum(tf.mul(nll, valid)), tf.maximum(tf.sum(valid), 1));
    };
    expect(value(maskedCrossEntropy(images, labels))).toBeCloseTo(value(plain(images)), 5);
    expect(apart(gradient(images, labels), tf.grad(plain)(images))).toBeLessThan(1e-6);
  }));

test('is 0 with a zero gradient when no pixel counts', () => {
  const logits = tf.randomNormal<tf.Rank.R4>([2, 3, 3, 4], 0, 1, 'float32', 1);
  const labels = tf.fill([2, 3, 3], 255, 'int32') as tf.Tensor3D;
  expect(value(maskedCrossEntropy(logits, labels))).toBe(0);
  expect(value(tf.max(tf.abs(gradient(logits, labels))))).toBe(0);
});

test('stays finite where exp would overflow or vanish', () => {
  const logits = tf.tensor4d([1000, -1000, -1000, 1000], [1, 1, 2, 2]);
  const labels = tf.tensor3d([0, 0], [1, 1, 2], 'int32');
  expect(value(maskedCrossEntropy(logits, labels))).toBe(1000);
  expect([...gradient(logits, labels).dataSync()]).toEqual([0, 0, -0.5, 0.5]);
});

test('ignores each of several values', () => {
  const logits = tf.tensor4d([0, Math.log(3), 5, 1, 7, 2], [1, 1, 3, 2]);
  const labels = tf.tensor3d([1, 0, -1], [1, 1, 3], 'int32');
  expect(value(maskedCrossEntropy(logits, labels, { ignoreIndex: [0, -1] }))).toBeCloseTo(Math.log(4 / 3), 6);
});

test('shows a label outside the classes as NaN', () => {
  const logits = tf.zeros<tf.Rank.R4>([1, 1, 2, 3]);
  const labels = tf.tensor3d([0, 3], [1, 1, 2], 'int32');
  expect(value(maskedCrossEntropy(logits, labels))).toBeNaN();
  expect([...gradient(logits, labels).dataSync()].slice(3)).toEqual([NaN, NaN, NaN]);
});

test('keeps no tensor besides its result', () =>
  forAllBatches(({ images, labels }) => {
    const before = tf.memory().numTensors;
    maskedCrossEntropy(images, labels);
    expect(tf.memory().numTensors).toBe(before + 1);
    gradient(images, labels);
    expect(tf.memory().numTensors).toBe(before + 2);
  }));

test('names the argument whose shape is wrong', () => {
  expect(() => maskedCrossEntropy(tf.zeros([1, 2, 2, 3]), tf.zeros([1, 2, 3], 'int32'))).toThrow(
    'maskedCrossEntropy: labels must have shape [1,2,2], got [1,2,3]',
  );
});
