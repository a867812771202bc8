import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { lossAndGradients } from '../src/index.js';
import { historyOf, historyTensors, record } from '../src/history.js';

test('gives value, terms and the gradients of what the loss depends on, and keeps nothing else', () => {
  const [used, unused] = tf.tidy(() => [tf.variable(tf.tensor1d([1, 2])), tf.variable(tf.tensor1d([3]))]);
  const before = tf.memory().numTensors;
  const { total, terms, gradients } = lossAndGradients(
    new Map([
      ['used', used],
      ['unused', unused],
    ]),
    () => {
      const square = tf.sum<tf.Scalar>(tf.square(used));
      return { total: tf.mul(square, 3), terms: { square } };
    },
  );
  expect(tf.memory().numTensors).toBe(before + 3);
  expect(total.dataSync()[0]).toBe(15);
  expect(terms.square.dataSync()[0]).toBe(5);
  expect([...gradients.keys()]).toEqual(['used']);
  expect([...(gradients.get('used')?.dataSync() ?? [])]).toEqual([6, 12]);
  tf.dispose([total, terms, ...gradients.values(), used, unused]);
});

test('leaves nothing behind when the loss throws', () => {
  const variable = tf.tidy(() => tf.variable(tf.scalar(1)));
  const before = tf.memory().numTensors;
  const failing = (): never => {
    throw new Error('no teacher');
  };
  expect(() => lossAndGradients(new Map([['v', variable]]), () => ({ total: tf.square(variable) as tf.Scalar, terms: failing() }))).toThrow(
    'no teacher',
  );
  expect(tf.memory().numTensors).toBe(before);
  variable.dispose();
});

test('a column of the history has one number a step, NaN where its term was absent', () => {
  const history = historyOf(new Map());
  record(history, 0, { loss: 3 });
  record(history, 1, { loss: 2, distillation: 7 });
  record(history, 2, { loss: 1 });
  expect(history).toEqual({ loss: [3, 2, 1], distillation: [NaN, 7, NaN] });
  expect(historyOf(historyTensors(history))).toEqual(history);
});
