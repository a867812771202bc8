import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { capture } from '@rs/engine';
import { gelu, layerNorm, softmax } from '../src/index.js';

const x = (): tf.Tensor => tf.randomNormal([1100, 64], 0, 2, 'float32', 1); // large enough for a kernel
const dy = (): tf.Tensor => tf.randomNormal([1100, 64], 0, 1, 'float32', 2);
const vector = (seed: number): tf.Tensor1D => tf.randomNormal([64], 0, 1, 'float32', seed);

const ops: Record<string, (...inputs: tf.Tensor[]) => tf.Tensor> = {
  gelu: (value) => gelu(value),
  'gelu, tanh': (value) => gelu(value, 'tanh'),
  softmax: (value) => softmax(value),
  'layer norm': (value, scale, offset) =>
    layerNorm({ x: value, scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D, epsilon: 1e-5 }),
};

test.each(Object.entries(ops))('%s as a kernel of a graph gives value and gradients of its single ops', (_, op) => {
  const before = tf.memory().numTensors;
  const inputs = { x: x(), dy: dy(), scale: vector(3), offset: vector(4) };
  const step = (given: typeof inputs): Record<string, tf.Tensor> => {
    const args = [given.x, given.scale, given.offset].slice(0, op.length);
    const { value, grads } = tf.valueAndGrads((...some: tf.Tensor[]): tf.Scalar => tf.sum(tf.mul(op(...some), given.dy)))(args);
    return { value, y: op(...args), ...Object.fromEntries(grads.map((gradient, i) => [`gradient ${i}`, gradient])) };
  };
  const captured = capture(step);
  const [got, want] = [captured(inputs), tf.tidy(() => step(inputs))];
  for (const [name, tensor] of Object.entries(want)) {
    const [a, b] = [got[name].dataSync(), tensor.dataSync()];
    const scale = Math.max(...b.map(Math.abs), 1e-6);
    for (const [i, value] of b.entries()) expect(Math.abs(a[i] - value) / scale).toBeLessThan(2e-5);
  }
  captured.dispose();
  tf.dispose([got, want, inputs]);
  expect(tf.memory().numTensors).toBe(before);
});
