import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { torchInit } from '../src/init.js';
import { Linear } from '../src/layers/linear.js';
import { disposeModule } from '../src/module-tree.js';
import { gelu } from '../src/ops/gelu.js';
import { linear } from '../src/ops/linear.js';
import { quickGelu } from '../src/ops/quick-gelu.js';
import { softmax } from '../src/ops/softmax.js';
import { Random } from '../src/random.js';
import { expectClose, expectOneTensor, expectSameWithGradients, normal } from './agreement.js';
import { forAll, map } from './laws.js';

test('gelu agrees with its formulas, gradients included', () =>
  forAll(map, ({ n, h, w, seed }) => {
    const x = tf.mul(normal([n, h, w], seed), 3);
    expectSameWithGradients(
      (x) => gelu(x),
      (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))),
      [x],
    );
    expectSameWithGradients(
      (x) => gelu(x, 'tanh'),
      (x) => {
        const cubic = tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
        return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(cubic)));
      },
      [x],
    );
  }));
test('quickGelu agrees with its formula, gradients included, and stays near gelu', () =>
  forAll(map, ({ n, h, w, seed }) => {
    const x = tf.mul(normal([n, h, w], seed), 3);
    expectSameWithGradients(
      (x) => quickGelu(x),
      (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
      [x],
    );
    expect(tf.max(tf.abs(tf.sub(quickGelu(x), gelu(x)))).dataSync()[0]).toBeLessThan(0.021);
  }));
test('gelu(x) - gelu(-x) = x, and far from 0 it is relu', () =>
  forAll(map, ({ n, h, seed }) => {
    const x = normal([n, h], seed);
    for (const approximate of ['none', 'tanh'] as const) {
      expectClose(tf.sub(gelu(x, approximate), gelu(tf.neg(x), approximate)), x);
      expectClose(gelu(tf.tensor1d([-40, 40]), approximate), tf.tensor1d([0, 40]));
    }
  }));
test('softmax is a distribution, agrees with its formula, and forgets a shift', () =>
  forAll(map, ({ n, h, w, seed }) => {
    const x = normal([n, h, w], seed);
    const formula = (x: tf.Tensor): tf.Tensor => tf.div(tf.exp(x), tf.sum(tf.exp(x), -1, true));
    expectSameWithGradients(softmax, formula, [x]);
    expectClose(tf.sum(softmax(x), -1), tf.ones([n, h]));
    expectClose(softmax(tf.add(x, 50)), softmax(x));
  }));
test('softmax gives nothing to -infinity', () => {
  const y = tf.tidy(() => softmax(tf.tensor2d([[0, -Infinity, 0]])).dataSync());
  expect([...y]).toEqual([0.5, 0, 0.5]);
});
test('linear agrees with the sum written out, gradients included', () =>
  forAll(map, ({ n, h, w, c, seed }) =>
    expectSameWithGradients(
      (x, weight, bias) => linear({ x, weight: weight as tf.Tensor2D, bias: bias as tf.Tensor1D }),
      (x, weight, bias) => tf.add(tf.sum(tf.mul(tf.expandDims(x, -1), weight), -2), bias),
      [normal([n, h, w], seed), normal([w, c], seed + 1), normal([c], seed + 2)],
    ),
  ));
test('linear takes any rank', () => {
  const layer = new Linear({ inFeatures: 3, outFeatures: 2 }, torchInit(new Random(0)));
  for (const shape of [[3], [4, 3], [2, 4, 3], [2, 1, 4, 3], [0, 3]]) {
    const x = tf.zeros(shape);
    const y = layer.call(x);
    expect(y.shape).toEqual([...shape.slice(0, -1), 2]);
    tf.dispose([x, y]);
  }
  disposeModule(layer);
});
test('functions and layers keep no tensor besides their result', () => {
  const x = normal([2, 3, 4], 0);
  const layer = new Linear({ inFeatures: 4, outFeatures: 2 }, torchInit(new Random(0)));
  for (const run of [() => gelu(x), () => gelu(x, 'tanh'), () => softmax(x), () => layer.call(x)]) expectOneTensor(run);
  expect(() => layer.call(tf.tidy(() => tf.zeros([2, 3])))).toThrow('Linear: x must have shape [2,4], got [2,3]');
  disposeModule(layer);
  x.dispose();
});
