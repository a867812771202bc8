import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { deinterleaveTokens, interleaveTokens } from '../src/index.js';

test('tokens alternate, and come apart again', () => {
  tf.tidy(() => {
    const tokens = interleaveTokens(tf.tensor3d([1, 2, 3], [1, 3, 1]), tf.tensor3d([4, 5, 6], [1, 3, 1]));
    expect([...tokens.dataSync()]).toEqual([1, 4, 2, 5, 3, 6]);
    const { p, g } = deinterleaveTokens(tokens);
    expect([...p.dataSync(), ...g.dataSync()]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

test('names what is wrong', () => {
  tf.tidy(() => {
    expect(() => interleaveTokens(tf.ones([1, 2, 3]), tf.ones([1, 3, 3]))).toThrow(
      'interleaveTokens: g must have shape [1,2,3], got [1,3,3]',
    );
    expect(() => deinterleaveTokens(tf.ones([1, 3, 3]))).toThrow('deinterleaveTokens: tokens must be an even number, got 3');
  });
});
