import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { resize } from '@rs/nn';
import { expect, test } from 'vitest';
import { maskedBinaryCrossEntropy, maskedCrossEntropy, ovsegLoss, type MaskedBinaryCrossEntropyOptions } from '../src/index.js';
import { apart, forAllBatches, value } from './batches.js';

const gradient = (logits: tf.Tensor4D, target: tf.Tensor3D, options?: MaskedBinaryCrossEntropyOptions): tf.Tensor =>
  tf.grad((x) => maskedBinaryCrossEntropy(x as tf.Tensor4D, target, options))(logits);
const exclude = { ignored: 'exclude' } as const;

test('has value and gradient of its plain composition', () =>
  forAllBatches(({ images, labels }) => {
    const positive = tf.cast(tf.oneHot(labels, images.shape[3]), 'float32');
    const plain = (x: tf.Tensor): tf.Tensor =>
      tf.neg(tf.add(tf.mul(positive, tf.log(tf.sigmoid(x))), tf.mul(tf.sub(1, positive), tf.log(tf.sub(1, tf.sigmoid(x))))));
    const negative = (x: tf.Tensor): tf.Scalar => tf.mean(plain(x));
    expect(value(maskedBinaryCrossEntropy(images, labels))).toBeCloseTo(value(negative(images)), 5);
    expect(apart(gradient(images, labels), tf.grad(negative)(images))).toBeLessThan(1e-6);
    const valid = tf.expandDims(tf.cast(tf.notEqual(labels, 255), 'float32'), -1);
    const excluded = (x: tf.Tensor): tf.Scalar =>
      tf.div(tf.sum(tf.mul(plain(x), valid)), tf.mul(tf.maximum(tf.sum(valid), 1), images.shape[3]));
    expect(value(maskedBinaryCrossEntropy(images, labels, exclude))).toBeCloseTo(value(excluded(images)), 5);
    expect(apart(gradient(images, labels, exclude), tf.grad(excluded)(images))).toBeLessThan(1e-6);
  }));

test('does not see excluded pixels, even NaN, and gives them no gradient', () =>
  forAllBatches(({ images, labels }) => {
    const ignored = tf.expandDims(tf.equal(labels, 255), -1);
    const disturbed = tf.where(ignored, NaN, images) as tf.Tensor4D;
    expect(value(maskedBinaryCrossEntropy(disturbed, labels, exclude))).toBe(value(maskedBinaryCrossEntropy(images, labels, exclude)));
    expect(apart(gradient(disturbed, labels, exclude), gradient(images, labels, exclude))).toBe(0);
  }));

test('takes ignored pixels for negatives of every class by default', () => {
  const logits = tf.tensor4d([3, -2], [1, 1, 1, 2]);
  const ignored = tf.fill([1, 1, 1], 255, 'int32') as tf.Tensor3D;
  expect(value(maskedBinaryCrossEntropy(logits, ignored))).toBeCloseTo((Math.log(1 + Math.exp(3)) + Math.log(1 + Math.exp(-2))) / 2, 6);
  expect(value(maskedBinaryCrossEntropy(logits, ignored, exclude))).toBe(0);
  expect(value(tf.max(tf.abs(gradient(logits, ignored, exclude))))).toBe(0);
});

test('an ignored label may be one of the classes', () => {
  const logits = tf.tensor4d([3, -2], [1, 1, 1, 2]);
  const first = tf.zeros<tf.Rank.R3>([1, 1, 1], 'int32');
  const other = tf.fill([1, 1, 1], 255, 'int32') as tf.Tensor3D;
  expect(value(maskedBinaryCrossEntropy(logits, first, { ignoreIndex: 0 }))).toBe(value(maskedBinaryCrossEntropy(logits, other)));
});

test('stays exact where exp would overflow', () => {
  const logits = tf.tensor4d([1000, -1000], [1, 1, 1, 2]);
  const target = tf.ones<tf.Rank.R3>([1, 1, 1], 'int32');
  expect(value(maskedBinaryCrossEntropy(logits, target))).toBe(1000);
  expect([...gradient(logits, target).dataSync()]).toEqual([0.5, -0.5]);
});

test('shows a label outside the classes as NaN', () => {
  const target = tf.tensor3d([0, 3], [1, 1, 2], 'int32');
  expect(value(maskedBinaryCrossEntropy(tf.zeros([1, 1, 2, 3]), target))).toBeNaN();
});

test('the loss of the model compares logits at the size of the labels', () =>
  forAllBatches(({ images, labels }) => {
    const [n, h, w] = labels.shape;
    const large = tf.cast(tf.reshape(tf.tile(tf.expandDims(labels, 2), [1, 1, 2, 1]), [n, 2 * h, w]), 'int32') as tf.Tensor3D;
    const resized = resize(images, { size: [2 * h, w], mode: 'bilinear' });
    expect(value(ovsegLoss(images, large))).toBe(value(maskedBinaryCrossEntropy(resized, large)));
    expect(value(ovsegLoss(images, large, exclude))).toBe(value(maskedBinaryCrossEntropy(resized, large, exclude)));
    expect(value(ovsegLoss(images, large, { kind: 'ce' }))).toBe(value(maskedCrossEntropy(resized, large)));
    const without = tf.minimum(labels, images.shape[3] - 1) as tf.Tensor3D;
    expect(value(ovsegLoss(images, without, { kind: 'ce', ignoreIndex: 0 }))).toBe(
      value(maskedCrossEntropy(images, without, { ignoreIndex: [0] })),
    );
  }));

test('runs as a captured graph that is fed other labels, large enough for compiled kernels', () => {
  const logits = tf.randomNormal<tf.Rank.R4>([2, 64, 64, 10], 0, 1, 'float32', 1);
  for (const ignored of ['negative', 'exclude'] as const) {
    const run = capture(({ target }: { target: tf.Tensor }) => ({
      gradient: gradient(logits, target as tf.Tensor3D, { ignoreIndex: 9, ignored }),
    }));
    for (const seed of [2, 3]) {
      const target = tf.randomUniformInt([2, 64, 64], 0, 10, seed) as tf.Tensor3D;
      expect(apart(run({ target }).gradient, gradient(logits, target, { ignoreIndex: 9, ignored }))).toBeLessThan(1e-9);
    }
    run.dispose();
  }
});

test('keeps no tensor besides its result', () =>
  forAllBatches(({ images, labels }) => {
    const before = tf.memory().numTensors;
    ovsegLoss(images, labels);
    expect(tf.memory().numTensors).toBe(before + 1);
    gradient(images, labels, exclude);
    expect(tf.memory().numTensors).toBe(before + 2);
  }));

test('names the argument whose shape is wrong', () => {
  expect(() => maskedBinaryCrossEntropy(tf.zeros([1, 2, 2, 3]), tf.zeros([1, 2, 3], 'int32'))).toThrow(
    'maskedBinaryCrossEntropy: target must have shape [1,2,2], got [1,2,3]',
  );
  expect(() => ovsegLoss(tf.zeros([1, 2, 2, 3]), tf.zeros([2, 4, 4], 'int32'))).toThrow(
    'ovsegLoss: target must have shape [1,*,*], got [2,4,4]',
  );
});
