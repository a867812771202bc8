import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { torchInit } from '../src/init.js';
import { MultiHeadAttention } from '../src/layers/multi-head-attention.js';
import { disposeModule } from '../src/module-tree.js';
import { Random } from '../src/random.js';
import { expectClose, expectOneTensor, normal } from './agreement.js';
import { forAll, map } from './laws.js';

const causal = (length: number): tf.Tensor2D =>
  tf.tensor2d(Array.from({ length }, (_, i) => Array.from({ length }, (_, j) => (j > i ? -Infinity : 0))));

test('reordered tokens give reordered outputs', () =>
  forAll(map, ({ n, h, seed }) => {
    const attention = new MultiHeadAttention({ embedDim: 8, numHeads: 2 }, torchInit(new Random(seed)));
    const x = normal<tf.Tensor3D>([n, h, 8], seed);
    expectClose(attention.call(tf.reverse(x, 1)), tf.reverse(attention.call(x), 1));
    disposeModule(attention);
  }));
test('under a causal mask the past does not see the future', () =>
  forAll(map, ({ n, h, seed }) => {
    const attention = new MultiHeadAttention({ embedDim: 8, numHeads: 4 }, torchInit(new Random(seed)));
    const past = normal<tf.Tensor3D>([n, h, 8], seed);
    const whole = tf.concat([past, normal<tf.Tensor3D>([n, 2, 8], seed + 1)], 1);
    const seen = tf.slice(attention.call(whole, causal(h + 2)), [0, 0, 0], [n, h, 8]);
    expectClose(seen, attention.call(past, causal(h)));
    disposeModule(attention);
  }));
test('keeps no tensor besides its result; names what is wrong', () => {
  const init = torchInit(new Random(0));
  const attention = new MultiHeadAttention({ embedDim: 8, numHeads: 2 }, init);
  const x = normal<tf.Tensor3D>([2, 3, 8], 0);
  const mask = causal(3);
  expectOneTensor(() => attention.call(x));
  expectOneTensor(() => attention.call(x, mask));
  expect(() => new MultiHeadAttention({ embedDim: 8, numHeads: 3 }, init)).toThrow(
    'MultiHeadAttention: numHeads must divide embedDim (8), got 3',
  );
  tf.tidy(() => {
    expect(() => attention.call(tf.zeros([2, 3, 4]))).toThrow('MultiHeadAttention: x must have shape [*,*,8], got [2,3,4]');
    expect(() => attention.call(x, causal(2))).toThrow('MultiHeadAttention: mask must have shape [3,3], got [2,2]');
  });
  tf.dispose([x, mask]);
  disposeModule(attention);
});
