import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  imageBatches,
  labelPairs,
  lawBounded,
  lawGradient,
  lawIgnoresMasked,
  lawNoLeak,
  lawPermutationInvariant,
  lawShiftInvariant,
  lawStreamingEqualsOneShot,
  onTensors,
  segmentationBatches,
  type ImageBatch,
  type LabelPair,
  type SegmentationBatch,
  type TensorLoss,
} from '../src/index.js';

const numClasses = 4;
const batches = segmentationBatches({ numClasses });

const crossEntropy: TensorLoss<SegmentationBatch> = ({ logits, labels, mask }) =>
  tf.tidy(() => {
    const nll = tf.neg(tf.sum(tf.mul(tf.oneHot(labels, numClasses), tf.logSoftmax(logits)), -1));
    return tf.div(tf.sum(tf.mul(nll, mask)), tf.maximum(tf.sum(mask), 1));
  });
const withoutMask: TensorLoss<SegmentationBatch> = ({ logits, labels }) =>
  tf.tidy(() => tf.neg(tf.mean(tf.mul(tf.oneHot(labels, numClasses), tf.logSoftmax(logits)))));
const squared: TensorLoss<SegmentationBatch> = ({ logits }) => tf.tidy(() => tf.mean(tf.square(logits)));

test('a masked cross-entropy keeps every law', () => {
  lawIgnoresMasked(onTensors(crossEntropy), { batches, fields: ['logits', 'labels'] });
  lawShiftInvariant(onTensors(crossEntropy), { batches, field: 'logits' });
  lawPermutationInvariant(onTensors(crossEntropy), { batches, numClasses, labels: ['labels'], scores: ['logits'] });
  lawBounded(onTensors(crossEntropy), { batches, low: 0 });
  lawGradient(crossEntropy, { batches, field: 'logits' });
  lawNoLeak(crossEntropy, { batches });
});

test('a loss that forgets the mask breaks lawIgnoresMasked', () => {
  expect(() => lawIgnoresMasked(onTensors(withoutMask), { batches, fields: ['logits'] })).toThrow('Counterexample');
});

test('a loss of the scores themselves breaks lawShiftInvariant', () => {
  expect(() => lawShiftInvariant(onTensors(squared), { batches, field: 'logits' })).toThrow('Counterexample');
});

test('a loss that prefers a class breaks lawPermutationInvariant', () => {
  const weighted: TensorLoss<SegmentationBatch> = ({ logits }) => tf.tidy(() => tf.mean(tf.mul(tf.softmax(logits), [1, 0, 0, 0])));
  const classes = { batches, numClasses, labels: ['labels'], scores: ['logits'] } as const;
  expect(() => lawPermutationInvariant(onTensors(weighted), classes)).toThrow('Counterexample');
  expect(() => lawPermutationInvariant(onTensors(crossEntropy), { ...classes, labels: [] })).toThrow('Counterexample');
});

test('a value outside the bounds, and an undefined one, break lawBounded', () => {
  expect(() => lawBounded(onTensors(crossEntropy), { batches, high: 0.5 })).toThrow('Counterexample');
  expect(() => lawBounded(() => NaN, { batches, low: 0 })).toThrow('Counterexample');
  lawBounded(() => NaN, { batches, low: 0, orNaN: true });
});

test('a wrong gradient breaks lawGradient', () => {
  const twice = tf.customGrad((x) => ({ value: tf.mean(tf.square(x as tf.Tensor)), gradFunc: () => tf.onesLike(x as tf.Tensor) }));
  expect(() => lawGradient(({ logits }) => twice(logits), { batches, field: 'logits' })).toThrow('Counterexample');
});

test('a tensor left behind, and an argument disposed, break lawNoLeak', () => {
  expect(() => lawNoLeak(({ logits }) => tf.mean(tf.square(logits)), { batches })).toThrow('Counterexample');
  const greedy: TensorLoss<SegmentationBatch> = ({ logits, mask }) => {
    mask.dispose();
    return tf.mean(logits);
  };
  expect(() => lawNoLeak(greedy, { batches })).toThrow('Counterexample');
});

test('laws leave no tensor, kept or broken', () => {
  const before = tf.memory().numTensors;
  lawGradient(crossEntropy, { batches, field: 'logits' });
  lawNoLeak(crossEntropy, { batches });
  expect(() => lawBounded(onTensors(crossEntropy), { batches, high: 0.5 })).toThrow();
  expect(tf.memory().numTensors).toBe(before);
});

test('sums stream, means of means do not', () => {
  const wrong = ({ target, pred }: LabelPair): number => target.data.reduce((sum, label, i) => sum + (label === pred.data[i] ? 0 : 1), 0);
  const sum = (parts: readonly LabelPair[]): number => parts.reduce((total, part) => total + wrong(part), 0);
  lawStreamingEqualsOneShot(wrong, sum, { batches: labelPairs() });

  const error = ({ pred, target }: ImageBatch): number =>
    pred.data.reduce((total, value, i) => total + Math.abs(value - target.data[i]), 0) / pred.data.length;
  const meanOfMeans = (parts: readonly ImageBatch[]): number => parts.reduce((total, part) => total + error(part), 0) / parts.length;
  expect(() => lawStreamingEqualsOneShot(error, meanOfMeans, { batches: imageBatches(), tolerance: 1e-9 })).toThrow('Counterexample');
});

test('names what is not a scalar', () => {
  expect(() => onTensors<SegmentationBatch>(({ mask }) => tf.clone(mask))({ ...sample() })).toThrow(
    'a loss must be a scalar, got shape [1,2,1]',
  );
});

const sample = (): SegmentationBatch => ({
  logits: { shape: [1, 2, 1, 1], data: new Float32Array(2) },
  labels: { shape: [1, 2, 1], data: new Int32Array(2) },
  mask: { shape: [1, 2, 1], data: new Uint8Array(2) },
});
