import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { traceGraph } from '../src/index.js';

test('holds the ops on the inputs, and constants for what follows from weights', () => {
  const before = tf.memory().numTensors;
  const weight = tf.tidy(() => tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2])));
  const offset = tf.tensor1d([1, 2]);
  const x = tf.ones([3, 2]);
  const { nodes, outputs } = traceGraph(
    (inputs) => ({ y: tf.add(tf.matMul(inputs.x, tf.transpose(weight)), tf.mul(offset, tf.sum(weight))) }),
    { x },
  );
  expect(nodes.flatMap((node) => (node.kind === 'op' ? [node.op] : []))).toEqual(['BatchMatMulV2', 'Add']);
  const constants = nodes.flatMap((node) => (node.kind === 'constant' ? [node] : []));
  expect(constants.map(({ variable }) => variable === weight)).toEqual([true, false]);
  expect(constants.map(({ bytes }) => [...new Float32Array(bytes.slice().buffer)])).toEqual([
    [1, 3, 2, 4],
    [10, 20],
  ]);
  expect(nodes.filter(({ kind }) => kind === 'input')).toEqual([
    { kind: 'input', name: 'feed0', input: 'x', shape: [3, 2], dtype: 'float32' },
  ]);
  expect(outputs).toEqual([{ name: 'y', ref: expect.stringMatching(/_Add:0$/) }]);
  tf.dispose([weight, offset, x]);
  expect(tf.memory().numTensors).toBe(before);
});

test('refuses what no graph can hold', () => {
  const x = tf.ones([1]);
  expect(() => traceGraph((inputs) => ({ y: tf.mul(inputs.x, inputs.x.dataSync()[0]) }), { x })).toThrow('reads the value of a tensor');
  x.dispose();
});
