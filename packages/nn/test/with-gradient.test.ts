import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { withGradient } from '../src/with-gradient.js';

const refuse = (): tf.Tensor => {
  throw new Error('not asked for');
};

test('computes only the gradients that are asked for', () => {
  const product = (x: tf.Tensor, weight: tf.Tensor): tf.Tensor =>
    withGradient({
      inputs: { x, weight },
      forward: (save) => {
        save([x]);
        return tf.mul(x, weight);
      },
      backward: (dy, [x]) => ({ x: refuse, weight: () => tf.mul(dy, x) }),
    });
  const [x, weight] = [tf.tensor1d([2, 3]), tf.tensor1d([5, 7])];
  const before = tf.memory().numTensors;
  const gradient = tf.grad((w: tf.Tensor) => product(x, w))(weight);
  expect([...gradient.dataSync()]).toEqual([2, 3]);
  expect(tf.memory().numTensors).toBe(before + 1);
  expect(() => tf.grad((v: tf.Tensor) => product(v, weight))(x)).toThrow('not asked for');
  tf.dispose([x, weight, gradient]);
});
test('an op of several outputs gets a cotangent for each', () => {
  const gradient = tf.tidy(() =>
    tf.grad((x: tf.Tensor) => {
      const [double] = withGradient({
        inputs: { x },
        forward: () => [tf.mul(x, 2), tf.sum(x)],
        backward: ([dDouble, dSum]) => ({ x: () => tf.add(tf.mul(dDouble, 2), dSum) }),
      });
      return double;
    })(tf.tensor1d([1, 4])),
  );
  expect([...gradient.dataSync()]).toEqual([2, 2]);
  gradient.dispose();
});
