import { capture } from '@rs/engine';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { cosineCost, hardTransport, sinkhorn, unbalancedSinkhorn } from '../src/index.js';
import { allFinite, apart, forAllTokens, tokens, value } from './token-pairs.js';

test('columns weigh what they should after each round, rows once converged, and marginalError says how far off they are', () =>
  forAllTokens(({ x, y, n, m }) => {
    const cost = cosineCost(x, y);
    const errors = [1, 10, 100].map((iterations) => {
      const { plan, marginalError } = sinkhorn(cost, { epsilon: 0.2, iterations });
      expect(apart(tf.sum(plan, 1), tf.scalar(1 / m))).toBeLessThan(1e-5);
      expect(apart(marginalError, tf.sum(tf.abs(tf.sub(tf.sum(plan, 2), 1 / n)), 1))).toBeLessThan(1e-6);
      return value(tf.max(marginalError));
    });
    expect(errors[1]).toBeLessThanOrEqual(errors[0] + 1e-5);
    expect(errors[2]).toBeLessThan(1e-3);
  }, 10));

test('approaches the exact cost from above as epsilon goes to 0', () =>
  forAllTokens(({ x, batch, n, d, seed }) => {
    const cost = cosineCost(x, tokens([batch, n, d], seed + 7));
    const exact = hardTransport(cost, { method: 'one-to-one' }).costP2g;
    const excess = (epsilon: number): number =>
      value(tf.max(tf.abs(tf.sub(tf.sum(tf.mul(sinkhorn(cost, { epsilon, iterations: 400 }).plan, cost), [1, 2]), exact))));
    expect(excess(0.01)).toBeLessThan(0.03);
    expect(excess(0.01)).toBeLessThanOrEqual(excess(1) + 1e-4);
  }, 8));

test('the unbalanced plan becomes the balanced one as rho grows', () =>
  forAllTokens(({ x, y }) => {
    const cost = cosineCost(x, y);
    const balanced = sinkhorn(cost, { epsilon: 0.2, iterations: 60 }).plan;
    expect(apart(unbalancedSinkhorn(cost, { epsilon: 0.2, rho: 1e5, iterations: 60 }).plan, balanced)).toBeLessThan(1e-3);
  }));

test('the unbalanced plan is a stationary point of its objective', () =>
  forAllTokens(({ x, y, n, m }) => {
    const [epsilon, rho] = [0.3, 0.5];
    const cost = cosineCost(x, y);
    const { plan, marginalError } = unbalancedSinkhorn(cost, { epsilon, rho, iterations: 100 });
    expect(value(tf.max(marginalError))).toBeLessThan(1e-4);
    // C_ij + epsilon log(P_ij n m) + rho log(n sum_j P) + rho log(m sum_i P) = 0
    const rows = tf.log(tf.mul(tf.sum(plan, 2, true), n));
    const columns = tf.log(tf.mul(tf.sum(plan, 1, true), m));
    const slope = tf.addN([cost, tf.mul(tf.log(tf.mul(plan, n * m)), epsilon), tf.mul(tf.add(rows, columns), rho)]);
    expect(apart(slope, tf.scalar(0))).toBeLessThan(1e-3);
  }));

test('a mass of 0 leaves its row or column empty, with finite gradients', () => {
  tf.tidy(() => {
    const cost = cosineCost(tokens([1, 3, 4], 1), tokens([1, 4, 4], 2));
    const [a, b] = [tf.tensor2d([[0.5, 0, 0.5]]), tf.tensor2d([[0.25, 0.75, 0, 0]])];
    for (const solve of [
      (...[c, p, q]: tf.Tensor[]) => sinkhorn(c as tf.Tensor3D, { epsilon: 0.1, iterations: 20 }, p as tf.Tensor2D, q as tf.Tensor2D).plan,
      (...[c, p, q]: tf.Tensor[]) =>
        unbalancedSinkhorn(c as tf.Tensor3D, { epsilon: 0.1, rho: 1, iterations: 20 }, p as tf.Tensor2D, q as tf.Tensor2D).plan,
    ]) {
      const plan = solve(cost, a, b);
      expect([...tf.sum(plan, 2).dataSync()][1]).toBe(0);
      expect([...tf.sum(plan, 1).dataSync()].slice(2)).toEqual([0, 0]);
      expect(allFinite(plan, ...tf.grads((...xs) => tf.sum(tf.square(solve(...xs))))([cost, a, b]))).toBe(true);
    }
  });
});

test('stays finite for an epsilon far below the costs', () => {
  tf.tidy(() => {
    const cost = cosineCost(tokens([2, 6, 4], 1), tokens([2, 6, 4], 2));
    const { plan, marginalError } = sinkhorn(cost, { epsilon: 1e-4, iterations: 30 });
    expect(allFinite(plan, marginalError)).toBe(true);
  });
});

test('runs as a captured graph with its gradients, for matrices large enough to be compiled too', () => {
  const inputs = { x: tokens([1, 300, 4], 1), y: tokens([1, 300, 4], 2) };
  const step = ({ x, y }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const loss = (z: tf.Tensor): tf.Scalar => {
      const cost = cosineCost(z as tf.Tensor3D, y as tf.Tensor3D);
      return tf.sum(tf.mul(unbalancedSinkhorn(cost, { epsilon: 0.1, rho: 1, iterations: 5 }).plan, cost));
    };
    const { value, grad } = tf.valueAndGrad(loss)(x);
    return { value, dx: tf.mul(grad, 1e3) };
  };
  const captured = capture(step);
  const [graph, eager] = [captured(inputs), tf.tidy(() => step(inputs))];
  expect(apart(graph.value, eager.value)).toBeLessThan(1e-5);
  expect(apart(graph.dx, eager.dx)).toBeLessThan(1e-4);
  captured.dispose();
  tf.dispose([inputs, graph, eager]);
});

test('keeps no tensor besides its results', () =>
  forAllTokens(({ x, y }) => {
    const cost = cosineCost(x, y);
    const before = tf.memory().numTensors;
    sinkhorn(cost, { epsilon: 0.1, iterations: 2 });
    unbalancedSinkhorn(cost, { epsilon: 0.1, rho: 1, iterations: 2 });
    expect(tf.memory().numTensors).toBe(before + 4);
  }, 5));

test('names what is wrong', () => {
  tf.tidy(() => {
    const cost = tf.ones<tf.Rank.R3>([1, 2, 2]);
    const options = { epsilon: 0.1, iterations: 5 };
    expect(() => sinkhorn(cost, { ...options, epsilon: 0 })).toThrow('sinkhorn: epsilon must be a finite number above 0, got 0');
    expect(() => sinkhorn(cost, { ...options, epsilon: NaN })).toThrow('sinkhorn: epsilon must be a finite number above 0, got NaN');
    expect(() => sinkhorn(cost, { ...options, iterations: 0.5 })).toThrow('sinkhorn: iterations must be a positive integer, got 0.5');
    expect(() => sinkhorn(cost, options, tf.tensor2d([[1, -1]]))).toThrow(
      'sinkhorn: a must hold finite masses >= 0, got -1 in batch element 0',
    );
    expect(() => sinkhorn(cost, options, tf.tensor2d([[1, 1]]), tf.zeros([1, 2]))).toThrow(
      'sinkhorn: b must have a sum above 0, got 0 in batch element 0',
    );
    expect(() => sinkhorn(cost, options, tf.ones([1, 3]))).toThrow('sinkhorn: a must have shape [1,2], got [1,3]');
    expect(() => sinkhorn(tf.ones([1, 2, 0]), options)).toThrow('sinkhorn: cost must not be empty, got shape [1,2,0]');
    expect(() => unbalancedSinkhorn(cost, { ...options, rho: 0 })).toThrow(
      'unbalancedSinkhorn: rho must be a finite number above 0, got 0',
    );
    expect(() => unbalancedSinkhorn(cost, { ...options, rho: 1 }, undefined, tf.tensor2d([[NaN, 1]]))).toThrow(
      'unbalancedSinkhorn: b must hold finite masses >= 0, got NaN in batch element 0',
    );
  });
});
