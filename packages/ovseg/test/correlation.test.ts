import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { correlation } from '../src/index.js';

test('the same direction gives 1, a right angle 0, whatever the lengths', () => {
  tf.tidy(() => {
    const corr = correlation(tf.tensor4d([3, 0], [1, 1, 1, 2]), tf.tensor4d([2, 0, 0, 5], [1, 2, 1, 2]));
    expect(corr.shape).toEqual([1, 2, 1, 1, 1]);
    expect([...corr.dataSync()]).toEqual([1, 0]);
  });
});
