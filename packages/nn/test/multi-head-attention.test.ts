import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { torchInit } from '../src/init.js';
import { MultiHeadAttention } from '../src/layers/multi-head-attention.js';
import { disposeModule, parameters } from '../src/module-tree.js';
import { joinHeads, splitHeads } from '../src/ops/attend.js';
import { causalMask } from '../src/ops/causal-mask.js';
import { preNormBlock } from '../src/ops/pre-norm-block.js';
import { withoutGradient } from '../src/ops/without-gradient.js';
import { Random } from '../src/random.js';
import { loadStateDict, stateDict, type HostTensor } from '../src/state-dict.js';
import { expectClose, expectOneTensor, normal } from './agreement.js';
import { forAll, map } from './laws.js';

test('reordered tokens give reordered outputs', () =>
  forAll(map, ({ n, h, seed }) => {
    const attention = new MultiHeadAttention({ embedDim: 8, numHeads: 2 }, torchInit(new Random(seed)));
    const x = normal<tf.Tensor3D>([n, h, 8], seed);
    expectClose(attention.call(tf.reverse(x, 1)), tf.reverse(attention.call(x), 1));
    disposeModule(attention);
  }));
test('joined heads are the tokens that were split', () =>
  forAll(map, ({ n, h, seed }) => {
    const x = normal<tf.Tensor3D>([n, h, 8], seed);
    const heads = splitHeads(x, 4);
    expectClose(tf.slice(heads, [0, 1, 0, 0], [n, 1, h, 2]), tf.expandDims(tf.slice(x, [0, 0, 2], [n, h, 2]), 1), 1e-12);
    expectClose(joinHeads(heads), x, 1e-12);
    expectOneTensor(() => splitHeads(x, 2));
    expectOneTensor(() => joinHeads(heads));
  }));
test('under a causal mask the past does not see the future', () =>
  forAll(map, ({ n, h, seed }) => {
    const attention = new MultiHeadAttention({ embedDim: 8, numHeads: 4 }, torchInit(new Random(seed)));
    const past = normal<tf.Tensor3D>([n, h, 8], seed);
    const whole = tf.concat([past, normal<tf.Tensor3D>([n, 2, 8], seed + 1)], 1);
    const seen = tf.slice(attention.call(whole, causalMask(h + 2)), [0, 0, 0], [n, h, 8]);
    expectClose(seen, attention.call(past, causalMask(h)));
    disposeModule(attention);
  }));
test('keeps no tensor besides its result; names what is wrong', () => {
  const init = torchInit(new Random(0));
  const attention = new MultiHeadAttention({ embedDim: 8, numHeads: 2 }, init);
  const x = normal<tf.Tensor3D>([2, 3, 8], 0);
  const mask = causalMask(3);
  expectOneTensor(() => attention.call(x));
  expectOneTensor(() => attention.call(x, mask));
  expect(() => new MultiHeadAttention({ embedDim: 8, numHeads: 3 }, init)).toThrow(
    'MultiHeadAttention: numHeads must divide embedDim (8), got 3',
  );
  tf.tidy(() => {
    expect(() => attention.call(tf.zeros([2, 3, 4]))).toThrow('MultiHeadAttention: x must have shape [*,*,8], got [2,3,4]');
    expect(() => attention.call(x, causalMask(2))).toThrow('MultiHeadAttention: mask must have shape [3,3], got [2,2]');
  });
  tf.dispose([x, mask]);
  disposeModule(attention);
});

/** The same attention with one weight and with three: their rows are those of the joint weight. */
function bothProjections(seed: number): Record<'joint' | 'split', MultiHeadAttention> {
  const init = torchInit(new Random(seed));
  const joint = new MultiHeadAttention({ embedDim: 8, numHeads: 2 }, init);
  joint.inProjBias.assign(normal([24], seed));
  const split = new MultiHeadAttention({ embedDim: 8, numHeads: 2, projections: 'split' }, init);
  const { in_proj_weight: weight, ...rest } = Object.fromEntries(stateDict(joint)) as Record<string, HostTensor>;
  const rows = (part: number): HostTensor => ({ shape: [8, 8], data: weight.data.slice(64 * part, 64 * (part + 1)) });
  const dict = { ...rest, q_proj_weight: rows(0), k_proj_weight: rows(1), v_proj_weight: rows(2) };
  loadStateDict(split, new Map(Object.entries(dict)));
  return { joint, split };
}

test('split projections give what the joint one gives, the value path too', () =>
  forAll(map, ({ n, h, seed }) => {
    const { joint, split } = bothProjections(seed);
    const x = normal<tf.Tensor3D>([n, h, 8], seed + 1);
    expectClose(split.call(x, causalMask(h)), joint.call(x, causalMask(h)));
    expectClose(split.callValues(x), joint.callValues(x));
    disposeModule({ joint, split });
  }));
test('the value path is attention of each token to itself alone', () =>
  forAll(map, ({ n, h, seed }) => {
    const { joint, split } = bothProjections(seed);
    const x = normal<tf.Tensor3D>([n, h, 8], seed + 1);
    const itself = tf.where(tf.cast(tf.eye(h), 'bool'), 0, -Infinity) as tf.Tensor2D;
    expectClose(split.callValues(x), split.call(x, itself));
    disposeModule({ joint, split });
  }));
test('a pre-norm block adds its two branches one after the other', () => {
  tf.tidy(() => {
    const x = normal<tf.Tensor3D>([2, 3, 4], 1);
    const scaled = (factor: number) => ({ call: (y: tf.Tensor3D) => tf.mul<tf.Tensor3D>(y, factor) });
    const y = preNormBlock(x, { norm1: scaled(2), attention: scaled(3).call, norm2: scaled(5), mlp: scaled(7) });
    expectClose(y, tf.mul(x, (1 + 6) * (1 + 35)));
    expectOneTensor(() => preNormBlock(x, { norm1: scaled(2), attention: scaled(3).call, norm2: scaled(5), mlp: scaled(7) }));
  });
});
test('withoutGradient gives a constant, and keeps nothing for a backward pass', () => {
  const attention = new MultiHeadAttention({ embedDim: 8, numHeads: 2 }, torchInit(new Random(3)));
  const scale = tf.tidy(() => tf.variable(tf.scalar(2)));
  tf.tidy(() => {
    const x = normal<tf.Tensor3D>([2, 5, 8], 1);
    let kept = -1;
    const { value, grads } = tf.variableGrads(() => {
      const before = tf.memory().numTensors;
      const tokens = withoutGradient(() => attention.call(x));
      kept = tf.memory().numTensors - before;
      return tf.sum(tf.mul(tokens, scale));
    }, [scale, ...parameters(attention).values()]);
    expect(kept).toBe(1);
    expectClose(grads[scale.name], tf.div(value, 2));
    expect(Object.keys(grads)).toEqual([scale.name]);
  });
  disposeModule({ attention, scale });
});
