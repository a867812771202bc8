import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { BatchNorm2d } from '../src/layers/batch-norm2d.js';
import { GroupNorm } from '../src/layers/group-norm.js';
import { InstanceNorm2d } from '../src/layers/instance-norm2d.js';
import { LayerNorm } from '../src/layers/layer-norm.js';
import { LayerNorm2d } from '../src/layers/layer-norm2d.js';
import { TrainPass } from '../src/mode.js';
import { disposeModule } from '../src/module-tree.js';
import { batchNorm, batchNormTrain, plainBatchNorm, plainBatchNormTrain } from '../src/ops/batch-norm.js';
import { groupNorm } from '../src/ops/group-norm.js';
import { layerNorm } from '../src/ops/layer-norm.js';
import { expectClose, expectOneTensor, expectSameWithGradients, normal } from './agreement.js';
import { forAll, map } from './laws.js';

const affine = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => ({
  x: x as tf.Tensor4D,
  scale: scale as tf.Tensor1D,
  offset: offset as tf.Tensor1D,
  epsilon: 1e-5,
});

test('layerNorm agrees with its formula, gradients included', () =>
  forAll(map, ({ n, h, w, seed }) =>
    expectSameWithGradients(
      (x, scale, offset) => layerNorm(affine(x, scale, offset)),
      (x, scale, offset) => {
        const { mean, variance } = tf.moments(x, -1, true);
        return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), offset);
      },
      [normal([n, h, w], seed), normal([w], seed + 1), normal([w], seed + 2)],
      5e-5, // rows of three nearly equal values are divided by a small deviation
    ),
  ));
test('layerNorm forgets the shift and the scale of each row', () =>
  forAll(map, ({ n, h, seed }) => {
    const x = normal([n, h, 32], seed);
    const of = (rows: tf.Tensor): tf.Tensor => layerNorm({ ...affine(rows, tf.ones([32]), tf.zeros([32])), x: rows, epsilon: 1e-12 });
    const shift = normal([n, h, 1], seed + 1);
    const scale = tf.exp(normal([n, h, 1], seed + 2));
    expectClose(of(tf.add(tf.mul(x, scale), shift)), of(x), 1e-4); // float32 loses digits of a row far from 0
  }));
test('batchNorm and its training form agree with their formulas, gradients included', () =>
  forAll(map, ({ n, h, w, c, seed }) => {
    const inputs = [normal([n, h, w, c], seed), normal([c], seed + 1), normal([c], seed + 2)];
    const running = { runningMean: normal<tf.Tensor1D>([c], seed + 3), runningVariance: tf.exp(normal([c], seed + 4)) as tf.Tensor1D };
    type Affine = [tf.Tensor, tf.Tensor, tf.Tensor];
    expectSameWithGradients(
      (...args) => batchNorm({ ...affine(...(args as Affine)), ...running }),
      (...args) => plainBatchNorm({ ...affine(...(args as Affine)), ...running }),
      inputs,
    );
    expectSameWithGradients(
      (...args) => batchNormTrain({ ...affine(...(args as Affine)), ...running, momentum: 0.2 }).y,
      (...args) => plainBatchNormTrain({ ...affine(...(args as Affine)), ...running, momentum: 0.2 }).y,
      inputs,
      5e-5,
    );
  }));
test('after batchNormTrain each channel has mean 0 and variance 1', () =>
  forAll(map, ({ n, h, w, c, seed }) => {
    const x = tf.add(tf.mul(normal<tf.Tensor4D>([n, h, w, c], seed), 5), 3);
    const running = { runningMean: tf.zeros<tf.Rank.R1>([c]), runningVariance: tf.ones<tf.Rank.R1>([c]) };
    const { y } = batchNormTrain({ ...affine(x, tf.ones([c]), tf.zeros([c])), ...running, momentum: 0.1 });
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    expectClose(mean, tf.zeros([c]));
    expectClose(variance, tf.ones([c]), 1e-4);
  }));
test('the running statistics take in the mean and the unbiased variance of each pass, on commit', () => {
  const layer = new BatchNorm2d({ channels: 1, momentum: 0.5 });
  const x = tf.tensor4d([1, 3], [1, 2, 1, 1]); // mean 2, unbiased variance 2
  const pass = new TrainPass(0);
  tf.dispose([layer.call(x, pass), layer.call(x, pass)]);
  expect([layer.runningMean.dataSync()[0], layer.runningVar.dataSync()[0]]).toEqual([0, 1]);
  pass.commit();
  expect(layer.runningMean.dataSync()[0]).toBeCloseTo(1.5); // 0 -> 1 -> 1.5
  expect(layer.runningVar.dataSync()[0]).toBeCloseTo(1.75); // 1 -> 1.5 -> 1.75
  disposeModule(layer);
  x.dispose();
});
test('a dropped pass changes nothing and leaves nothing', () => {
  const layer = new BatchNorm2d({ channels: 2 });
  const x = normal<tf.Tensor4D>([2, 3, 3, 2], 0);
  const before = tf.memory().numTensors;
  const pass = new TrainPass(0);
  layer.call(x, pass).dispose();
  expect([...pass.statistics.keys()]).toEqual([layer.runningMean, layer.runningVar]);
  pass.dispose();
  expect(tf.memory().numTensors).toBe(before);
  expect([...layer.runningMean.dataSync()]).toEqual([0, 0]);
  expectOneTensor(() => layer.call(x, 'eval'));
  disposeModule(layer);
  x.dispose();
});
test('groupNorm agrees with each group written out; one channel a group is instance norm', () =>
  forAll(map, ({ n, h, w, c, seed }) => {
    const x = normal<tf.Tensor4D>([n, h, w, 2 * c], seed);
    const y = groupNorm({ x, groups: c, epsilon: 1e-5 });
    for (let group = 0; group < c; group++) {
      const part = tf.slice(x, [0, 0, 0, 2 * group], [n, h, w, 2]);
      const { mean, variance } = tf.moments(part, [1, 2, 3], true);
      const want = tf.div(tf.sub(part, mean), tf.sqrt(tf.add(variance, 1e-5)));
      expectClose(tf.slice(y, [0, 0, 0, 2 * group], [n, h, w, 2]), want, 5e-5);
    }
    const { mean, variance } = tf.moments(new InstanceNorm2d({ channels: 2 * c, eps: 1e-12 }).call(x), [1, 2]);
    expectClose(mean, tf.zeros([n, 2 * c]));
    expectClose(variance, tf.ones([n, 2 * c]), 1e-4);
  }));
test('layers keep no tensor besides their result', () => {
  const x = normal<tf.Tensor4D>([2, 3, 3, 4], 0);
  const layers = [
    new LayerNorm({ features: 4 }),
    new LayerNorm2d({ channels: 4 }),
    new GroupNorm({ groups: 2, channels: 4 }),
    new InstanceNorm2d({ channels: 4, affine: true }),
  ];
  for (const layer of layers) {
    expectOneTensor(() => layer.call(x));
    disposeModule(layer);
  }
  x.dispose();
});
test('names the argument that is wrong', () => {
  expect(() => new GroupNorm({ groups: 3, channels: 4 })).toThrow('GroupNorm: groups must divide channels (4), got 3');
  tf.tidy(() => {
    const layer = new BatchNorm2d({ channels: 2 });
    expect(() => layer.call(tf.zeros([1, 2, 2, 3]), 'eval')).toThrow('BatchNorm2d: x must have shape [*,*,*,2], got [1,2,2,3]');
    expect(() => layer.call(tf.zeros([1, 1, 1, 2]), new TrainPass(0))).toThrow(
      'batchNormTrain: x must have more than one value a channel, got shape [1,1,1,2]',
    );
    expect(() => new InstanceNorm2d({ channels: 2 }).call(tf.zeros([1, 1, 1, 2]))).toThrow(
      'InstanceNorm2d: x must have more than one pixel, got shape [1,1,1,2]',
    );
    expect(() => new LayerNorm({ features: 2 }).call(tf.zeros([5, 3]))).toThrow('LayerNorm: x must have shape [5,2], got [5,3]');
    disposeModule(layer);
  });
});
