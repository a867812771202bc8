import { capture } from '@rs/engine';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { alignTokens, cosineCost, hardTransport, localAlign, type LocalAlignOptions } from '../src/index.js';
import { allFinite, apart, forAllTokens, tokens, value } from './token-pairs.js';

test('cosine costs lie in [0, 2] and do not see how long tokens are', () =>
  forAllTokens(({ x, y, batch, n, seed }) => {
    const cost = cosineCost(x, y);
    expect(value(tf.min(cost))).toBeGreaterThan(-1e-6);
    expect(value(tf.max(cost))).toBeLessThan(2 + 1e-6);
    const lengths = tf.randomUniform([batch, n, 1], 0.01, 100, 'float32', seed);
    expect(apart(cosineCost(tf.mul(x, lengths), y), cost)).toBeLessThan(1e-5);
  }));

test('a token of zeros costs 1 to all others, with finite gradients', () => {
  tf.tidy(() => {
    const x = tf.concat([tf.zeros<tf.Rank.R3>([1, 1, 3]), tokens([1, 2, 3], 1)], 1);
    const y = tokens([1, 4, 3], 2);
    expect(apart(tf.slice(cosineCost(x, y), [0, 0, 0], [1, 1, 4]), tf.scalar(1))).toBe(0);
    const [dx, dy] = tf.grads((a, b) => tf.sum(tf.square(cosineCost(a as tf.Tensor3D, b as tf.Tensor3D))))([x, y]);
    expect(allFinite(dx, dy)).toBe(true);
  });
});

test.each(['argmin', 'one-to-one'] as const)('%s: rows of the plan weigh 1/n at their partner', (method) =>
  forAllTokens(({ x, y, n, m }) => {
    const { p2g, g2p, assignP2g, costP2g } = hardTransport(cosineCost(x, y), { method });
    const pairs = method === 'argmin' ? n : Math.min(n, m);
    expect(apart(tf.sum(p2g, [1, 2]), tf.scalar(pairs / n))).toBeLessThan(1e-5);
    expect(apart(tf.sum(p2g, 2), tf.mul(tf.cast(tf.greaterEqual(assignP2g, 0), 'float32'), 1 / n))).toBeLessThan(1e-6);
    expect(apart(costP2g, tf.sum(tf.mul(p2g, cosineCost(x, y)), [1, 2]))).toBeLessThan(1e-5);
    if (method === 'one-to-one') {
      expect(apart(tf.mul(p2g, n), tf.mul(tf.transpose(g2p, [0, 2, 1]), m))).toBeLessThan(1e-5);
      expect(value(tf.max(tf.sum(p2g, 1)))).toBeLessThan(1 / n + 1e-6);
    }
  }),
);

test('the plan moves with the targets', () =>
  forAllTokens(({ x, y }) => {
    const turned = tf.reverse(y, 1);
    expect(apart(hardTransport(cosineCost(x, turned)).p2g, tf.reverse(hardTransport(cosineCost(x, y)).p2g, 2))).toBe(0);
  }));

test('one partner each costs at least as much as the cheapest partner', () =>
  forAllTokens(({ x, batch, n, d, seed }) => {
    const cost = cosineCost(x, tokens([batch, n, d], seed + 7));
    const excess = tf.sub(hardTransport(cost, { method: 'one-to-one' }).costP2g, hardTransport(cost).costP2g);
    expect(value(tf.min(excess))).toBeGreaterThan(-1e-6);
  }));

test.each(['argmin', 'one-to-one'] as const)('%s: tokens of distinct directions go to themselves', (method) =>
  forAllTokens(({ x, n }) => {
    expect(apart(hardTransport(cosineCost(x, x), { method }).p2g, tf.div(tf.eye(n), n))).toBe(0);
  }),
);

test('the first of equal targets is taken, from a large matrix too', () => {
  tf.tidy(() => {
    const { assignP2g } = hardTransport(tf.zeros([1, 3, 1000]));
    expect([...assignP2g.dataSync()]).toEqual([0, 0, 0]);
  });
});

test('one-to-one is the best of all permutations', () =>
  forAllTokens(({ seed }) => {
    const cost = tf.randomUniform<tf.Rank.R3>([1, 5, 4], 0, 2, 'float32', seed);
    const [rows] = cost.arraySync();
    const best = (column: number, used: readonly number[]): number =>
      column === 4 ? 0 : Math.min(...rows.flatMap((row, i) => (used.includes(i) ? [] : [row[column] + best(column + 1, [...used, i])])));
    expect(value(hardTransport(cost, { method: 'one-to-one' }).costG2p) * 4).toBeCloseTo(best(0, []), 4);
  }));

const moves: LocalAlignOptions[] = (['mass', 'row', 'barycentric'] as const).flatMap((normalization) =>
  (['zero', 'self'] as const).map((unmatched) => ({ normalization, unmatched })),
);
test.each(moves)('tokens summed by target are those moved by the plan: %o', (move) =>
  forAllTokens(({ x, batch, n, d, seed }) => {
    const y = tokens([batch, n, d], seed + 7);
    const { p2g, g2p } = hardTransport(cosineCost(x, y));
    const { alignedP, alignedG } = localAlign(x, y, move);
    expect(apart(alignedP, alignTokens(p2g, x, move))).toBeLessThan(1e-5);
    expect(apart(alignedG, alignTokens(g2p, y, move))).toBeLessThan(1e-5);
    const weight = tokens([batch, n, d], seed + 9);
    const byAssignment = tf.grad((z) => tf.sum(tf.mul(localAlign(z as tf.Tensor3D, y, move).alignedP, weight)))(x);
    const byPlan = tf.grad((z) => tf.sum(tf.mul(alignTokens(p2g, z as tf.Tensor3D, move), weight)))(x);
    expect(apart(byAssignment, byPlan)).toBeLessThan(1e-5);
  }),
);

test.each([
  ['one-to-one', 'stop'],
  ['one-to-one', 'straight-through'],
  ['argmin', 'straight-through'],
] as const)('%s, %s: the same values as with the plan', (method, gradient) =>
  forAllTokens(({ x, y }) => {
    const { p2g } = hardTransport(cosineCost(x, y), { method });
    const { alignedP } = localAlign(x, y, { method, gradient, normalization: 'barycentric' });
    expect(apart(alignedP, alignTokens(p2g, x, { normalization: 'barycentric' }))).toBeLessThan(1e-5);
  }),
);

test('barycentric images stay within the box around the tokens; equal tokens stay what they are', () =>
  forAllTokens(({ x, y, batch, n, m, d }) => {
    for (const method of ['argmin', 'sinkhorn', 'unbalanced'] as const) {
      const { alignedP } = localAlign(x, y, { method, normalization: 'barycentric', unmatched: 'zero' });
      const most = tf.maximum(tf.max(x, 1, true), 0);
      expect(value(tf.max(tf.sub(alignedP, most)))).toBeLessThan(1e-5);
      const equal = localAlign(tf.ones([batch, n, d]), tf.ones([batch, m, d]), { method, normalization: 'barycentric' });
      expect(value(tf.max(equal.alignedP))).toBeCloseTo(1, 5);
      expect(allFinite(equal.alignedP, equal.alignedG)).toBe(true);
    }
  }, 8));

test('a long sequence is aligned in blocks of rows as it is as a whole', () => {
  tf.tidy(() => {
    const [x, y] = [tokens([2, 1500, 8], 1), tokens([2, 1500, 8], 2)];
    const { p2g } = hardTransport(cosineCost(x, y));
    const wrong = tf.sum(tf.greater(tf.abs(tf.sub(localAlign(x, y).alignedP, alignTokens(p2g, x))), 1e-6));
    expect(value(wrong)).toBeLessThan(3 * 8); // one pair of neighbours equal to the last bit may go either way
  });
});

test('argmin runs as a captured graph with its gradient; one-to-one says why it does not', () => {
  const given = { x: tokens([2, 6, 3], 1), y: tokens([2, 6, 3], 2) };
  const step = (method: 'argmin' | 'one-to-one') =>
    capture(({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => ({
      dx: tf.grad((z) => tf.sum(tf.square(localAlign(z as tf.Tensor3D, y as tf.Tensor3D, { method }).alignedP)))(x),
    }));
  const argmin = step('argmin');
  const captured = argmin(given).dx;
  const eager = tf.tidy(() => tf.grad((z) => tf.sum(tf.square(localAlign(z as tf.Tensor3D, given.y).alignedP)))(given.x));
  expect(apart(captured, eager)).toBeLessThan(1e-6);
  const oneToOne = step('one-to-one');
  expect(() => oneToOne(given)).toThrow('method "one-to-one" needs the costs on the host and cannot be part of a captured graph');
  argmin.dispose();
  oneToOne.dispose();
  tf.dispose([captured, eager, given]);
});

test('keeps no tensor besides its results', () =>
  forAllTokens(({ x, y, n, m }) => {
    const options: LocalAlignOptions[] = [
      {},
      { method: 'one-to-one' },
      { gradient: 'straight-through' },
      { method: 'sinkhorn', iterations: 3 },
    ];
    for (const option of options) {
      const before = tf.memory().numTensors;
      localAlign(x, y, option);
      expect(tf.memory().numTensors).toBe(before + 2);
    }
    const before = tf.memory().numTensors;
    const cost = cosineCost(x, y);
    const transport = hardTransport(cost);
    alignTokens(transport.p2g, x, { unmatched: n === m ? 'self' : 'zero' });
    expect(tf.memory().numTensors).toBe(before + 8);
  }, 5));

test('names what is wrong', () => {
  tf.tidy(() => {
    const x = tf.ones<tf.Rank.R3>([1, 4, 3]);
    expect(() => cosineCost(x, tf.ones([1, 4, 2]))).toThrow('cosineCost: y must have shape [1,*,3], got [1,4,2]');
    expect(() => cosineCost(tf.ones([1, 0, 3]), x)).toThrow('cosineCost: x must not be empty, got shape [1,0,3]');
    expect(() => localAlign(x, tf.ones([1, 0, 3]))).toThrow('localAlign: xg must not be empty, got shape [1,0,3]');
    expect(() => cosineCost(x, x, { eps: 0 })).toThrow('cosineCost: eps must be a finite number above 0, got 0');
    expect(() => hardTransport(tf.ones([1, 0, 3]))).toThrow('hardTransport: cost must not be empty');
    expect(() => hardTransport(tf.tensor3d([1, NaN, 1, 1], [1, 2, 2]), { method: 'one-to-one' })).toThrow(
      'method "one-to-one": cost must be finite, got NaN at [0,0,1]',
    );
    expect(() => alignTokens(tf.ones([1, 3, 3]), x)).toThrow('alignTokens: plan must have shape [1,4,*], got [1,3,3]');
    expect(() => localAlign(x, tf.ones([1, 5, 3]), { unmatched: 'self' })).toThrow(
      'localAlign: unmatched "self" needs as many targets as tokens, got 4 tokens and 5 targets',
    );
    expect(() => localAlign(x, x, { method: 'sinkhorn', epsilon: 0 })).toThrow('sinkhorn: epsilon must be a finite number above 0, got 0');
    expect(() => hardTransport(x, { method: 'greedy' as 'argmin' })).toThrow(
      'hardTransport: method must be one of argmin, one-to-one, got greedy',
    );
    expect(() => localAlign(x, x, { normalization: 'none' as 'row' })).toThrow(
      'localAlign: normalization must be one of mass, row, barycentric',
    );
    expect(() => localAlign(x, x, { method: 'greedy' as 'argmin' })).toThrow(
      'localAlign: method must be one of argmin, one-to-one, sinkhorn',
    );
    expect(() => localAlign(x, x, { temperature: -1 })).toThrow('localAlign: temperature must be a finite number above 0, got -1');
  });
});
