import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gatherRows } from '../src/index.js';
import { expectOneTensor, expectSameWithGradients, normal } from './agreement.js';
import { forAll } from './laws.js';

const problem = fc
  .record({ rows: fc.integer({ min: 1, max: 6 }), channels: fc.integer({ min: 1, max: 4 }), seed: fc.nat(1e6) })
  .chain((sizes) => fc.record({ sizes: fc.constant(sizes), indices: fc.array(fc.nat(sizes.rows - 1), { minLength: 1, maxLength: 9 }) }));

test('is the product with the rows of the identity, gradients included', () =>
  forAll(problem, ({ sizes: { rows, channels, seed }, indices }) => {
    const chosen = tf.tensor1d(indices, 'int32');
    const pick = tf.tensor2d(indices.map((index) => Array.from({ length: rows }, (_, row) => Number(row === index))));
    expectSameWithGradients(
      (x) => gatherRows(x as tf.Tensor2D, chosen),
      (x) => tf.matMul(pick, x as tf.Tensor2D),
      [normal([rows, channels], seed)],
    );
    const x = normal<tf.Tensor2D>([rows, channels], seed);
    expectOneTensor(() => gatherRows(x, chosen));
  }));
test('as a graph, takes other indices at each call', () => {
  const rows = tf.tensor2d([[1], [2], [3]]);
  const graph = capture(({ indices }: { indices: tf.Tensor }) => {
    const gradient = tf.grad((x) => tf.sum(gatherRows(x as tf.Tensor2D, indices as tf.Tensor1D)))(rows);
    return { y: gatherRows(rows, indices as tf.Tensor1D), gradient };
  });
  for (const chosen of [
    [0, 2, 2],
    [1, 0, 1],
  ]) {
    // prettier-ignore
    const indices = tf.tensor1d(chosen, 'int32');
    const { y, gradient } = graph({ indices });
    expect([...y.dataSync()]).toEqual(chosen.map((index) => index + 1));
    expect([...gradient.dataSync()]).toEqual([0, 1, 2].map((row) => chosen.filter((index) => index === row).length));
    tf.dispose([indices, y, gradient]);
  }
  graph.dispose();
  rows.dispose();
});
