import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { cloudMaskedCharbonnier, edcTotal, maskedCrossEntropy, maskedFeatureDistillation } from '../src/index.js';
import { apart, forAllBatches, value } from './batches.js';

test('is the weighted sum of its terms', () =>
  forAllBatches(({ images, others, labels, mask }) => {
    const loss = edcTotal(
      { logits: images, labels, mask, reconstruction: images, target: others, student: others, teacher: images },
      { beta: 0.5, gamma: 2, lambda: 3, normalization: 'elements' },
    );
    expect(value(loss.segmentation)).toBe(value(maskedCrossEntropy(images, labels)));
    expect(value(loss.cloudRemoval!)).toBe(value(cloudMaskedCharbonnier(images, others, mask, { lambda: 3 })));
    expect(value(loss.distillation!)).toBe(value(maskedFeatureDistillation(others, images, mask, { normalization: 'elements' })));
    expect(value(loss.total)).toBeCloseTo(value(loss.segmentation) + 0.5 * value(loss.cloudRemoval!) + 2 * value(loss.distillation!), 4);
  }));

test('leaves out the terms of an ablation', () =>
  forAllBatches(({ images, others, labels, mask }) => {
    const loss = edcTotal({ logits: images, labels, mask, student: images, teacher: others }, { beta: 0, gamma: 0 });
    expect(loss.cloudRemoval).toBeUndefined();
    expect(value(loss.distillation!)).toBe(value(maskedFeatureDistillation(images, others, mask)));
    expect(value(loss.total)).toBe(value(loss.segmentation));
    const gradient = tf.grad((x) => edcTotal({ logits: x as tf.Tensor4D, labels, mask }, { beta: 0, gamma: 0 }).total)(images);
    expect(apart(gradient, tf.grad((x) => maskedCrossEntropy(x as tf.Tensor4D, labels))(images))).toBe(0);
  }));

test('keeps no tensor besides its results, which can be disposed one by one', () =>
  forAllBatches(({ images, labels, mask }) => {
    const before = tf.memory().numTensors;
    const loss = edcTotal({ logits: images, labels, mask }, { beta: 0, gamma: 0 });
    expect(tf.memory().numTensors).toBe(before + 2);
    loss.segmentation.dispose();
    expect(value(loss.total)).toBeGreaterThanOrEqual(0);
  }));

test('asks for the tensors of every term that has a weight', () => {
  const logits = tf.zeros<tf.Rank.R4>([1, 2, 2, 3]);
  const inputs = { logits, labels: tf.zeros([1, 2, 2], 'int32') as tf.Tensor3D, mask: tf.zeros<tf.Rank.R3>([1, 2, 2]) };
  expect(() => edcTotal(inputs)).toThrow(
    'edcTotal: reconstruction and target must be given, or neither of reconstruction, target with beta 0',
  );
  expect(() => edcTotal({ ...inputs, student: logits }, { beta: 0, gamma: 0 })).toThrow('edcTotal: teacher must be given');
});
