import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TrainPass } from '../src/mode.js';
import { dropPath } from '../src/ops/drop-path.js';
import { dropout, dropoutChannels } from '../src/ops/dropout.js';
import { expectClose, expectOneTensor, normal } from './agreement.js';
import { forAll, map } from './laws.js';

const rates = fc.integer({ min: 1, max: 9 }).map((tenths) => tenths / 10);

test('each sample is dropped as a whole or scaled by 1 / (1 - rate), in value and gradient', () =>
  forAll(fc.record({ map, rate: rates }), ({ map: { n, h, w, c, seed }, rate }) => {
    const x = normal<tf.Tensor4D>([n, h, w, c], seed);
    const drop = (value: tf.Tensor): tf.Tensor => dropPath(value, { rate, mode: new TrainPass(seed) });
    const factors = tf.slice(drop(tf.onesLike(x)), [0, 0, 0, 0], [n, 1, 1, 1]);
    for (const factor of factors.dataSync()) expect(factor === 0 || Math.abs(factor - 1 / (1 - rate)) < 1e-5).toBe(true);
    expectClose(drop(x), tf.mul(x, factors));
    expectClose(tf.grad(drop)(x), tf.mul(tf.onesLike(x), factors));
  }));
test('dropout draws for each value, dropout of channels for each channel of each sample', () =>
  forAll(fc.record({ map, rate: rates }), ({ map: { n, h, w, c, seed }, rate }) => {
    const x = normal<tf.Tensor4D>([n, h, w, c], seed);
    const options = () => ({ rate, mode: new TrainPass(seed) });
    const ofValues = dropPath(tf.ones([x.size, 1]), options());
    expectClose(dropout(x, options()), tf.mul(x, tf.reshape(ofValues, x.shape)));
    const ofChannels = dropPath(tf.ones([n * c, 1]), options());
    expectClose(dropoutChannels(x, options()), tf.mul(x, tf.reshape(ofChannels, [n, 1, 1, c])));
    expectClose(dropout(x, { rate, mode: 'eval' }), x, 1e-12);
  }));
test('the mean over many samples stays', () =>
  tf.tidy(() => {
    for (const rate of [0.1, 0.5, 0.9]) {
      const mean = tf.mean(dropPath(tf.ones([20_000, 1]), { rate, mode: new TrainPass(3) })).dataSync()[0];
      expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(rate / (1 - rate) / 20_000)); // 5 standard errors
    }
  }));
test('the seed of the pass and the order of the layers fix the draws', () =>
  tf.tidy(() => {
    const x = tf.ones([64, 1]);
    const masks = (pass: TrainPass): string[] => [1, 2].map(() => dropPath(x, { rate: 0.5, mode: pass }).dataSync().join());
    expect(masks(new TrainPass(5))).toEqual(masks(new TrainPass(5)));
    expect(new Set([...masks(new TrainPass(5)), ...masks(new TrainPass(6)), ...masks(new TrainPass(-5))]).size).toBe(6);
  }));
test('rate 0 and eval change nothing', () =>
  forAll(map, ({ n, h, seed }) => {
    const x = normal([n, h], seed);
    expectClose(dropPath(x, { rate: 0, mode: new TrainPass(seed) }), x, 1e-12);
    expectClose(dropPath(x, { rate: 0.9, mode: 'eval' }), x, 1e-12);
  }));
test('keeps no tensor besides its result', () => {
  const x = normal([4, 3], 0);
  const seed = tf.tensor1d([1, 2], 'int32');
  expectOneTensor(() => dropPath(x, { rate: 0.5, mode: 'eval' }));
  expectOneTensor(() => dropPath(x, { rate: 0.5, mode: new TrainPass(1) }));
  expectOneTensor(() => dropPath(x, { rate: 0.5, mode: new TrainPass(seed) }));
  expectOneTensor(() => dropout(x, { rate: 0.5, mode: new TrainPass(seed) }));
  tf.dispose([x, seed]);
});
test('names the argument that is wrong', () => {
  expect(() => new TrainPass(2 ** 31)).toThrow('TrainPass: seed must be a 32-bit integer or an int32 tensor of shape [2], got 2147483648');
  tf.tidy(() => {
    expect(() => dropPath(tf.ones([1]), { rate: 1, mode: 'eval' })).toThrow('dropPath: rate must be in [0, 1), got 1');
    expect(() => dropout(tf.ones([1]), { rate: -0.1, mode: 'eval' })).toThrow('dropout: rate must be in [0, 1), got -0.1');
    expect(() => new TrainPass(tf.tensor1d([1, 2]))).toThrow('or an int32 tensor of shape [2], got float32 [2]');
    const variable = tf.variable(tf.zeros([2]));
    expect(() => new TrainPass(0).updateStatistic(variable, tf.zeros([3]))).toThrow('TrainPass: value must have shape [2], got [3]');
    variable.dispose();
  });
});
