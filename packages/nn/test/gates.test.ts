import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { disposeModule, EcaGate, ecaKernelSize, MultiScalePool, parameters, Random, SeGate, SpatialGate, torchInit } from '../src/index.js';
import { maxOverChannels } from '../src/ops/max-over-channels.js';
import { residualGate } from '../src/ops/residual-gate.js';
import { expectClose, expectOneTensor, normal } from './agreement.js';
import { forAll } from './laws.js';

const init = (seed = 0) => torchInit(new Random(seed));
const size = fc.integer({ min: 1, max: 6 });
const maps = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    h: size,
    w: size,
    c: fc.integer({ min: 1, max: 5 }),
    seed: fc.integer({ min: 0, max: 1e6 }),
  })
  .map(({ n, h, w, c, seed }) => ({ shape: [n, h, w, c] as const, seed }));
const value = (x: tf.Tensor): number => x.dataSync()[0];
const expectInside = (x: tf.Tensor): void => {
  expect(value(tf.min(x))).toBeGreaterThan(0);
  expect(value(tf.max(x))).toBeLessThan(1);
};

test('the ECA kernel grows with the logarithm of the channels', () => {
  expect([6, 9, 64, 128, 384, 768, 1536].map(ecaKernelSize)).toEqual([1, 3, 3, 5, 5, 5, 5]);
});

test('channel gates lie in (0, 1)', () =>
  forAll(maps, ({ shape: [n, , , c], seed }) => {
    const z = normal<tf.Tensor2D>([n, c], seed);
    for (const gate of [new EcaGate({ channels: c }, init(seed)), new SeGate({ channels: c }, init(seed))]) {
      const s = gate.call(z);
      expect(s.shape).toEqual(z.shape);
      expectInside(s);
      disposeModule(gate);
    }
  }));

test('an ECA gate moves with its input along the channels, away from the ends', () => {
  const gate = new EcaGate({ channels: 12, kernelSize: 3 }, init());
  tf.tidy(() => {
    const z = normal<tf.Tensor2D>([2, 12], 1);
    const moved = tf.concat([tf.slice(z, [0, 11], [2, 1]), tf.slice(z, [0, 0], [2, 11])], 1);
    expectClose(tf.slice(gate.call(moved), [0, 2], [2, 9]), tf.slice(gate.call(z), [0, 1], [2, 9]), 1e-6);
  });
  disposeModule(gate);
});

test('an SE gate has max(1, floor(K / reduction)) hidden units', () => {
  for (const [channels, reduction, hidden] of [
    [32, 16, 2],
    [47, 16, 2],
    [8, 16, 1],
    [8, 2, 4],
  ]) {
    // prettier-ignore
    const gate = new SeGate({ channels, reduction }, init());
    expect([...parameters(gate)].map(([name, { shape }]) => [name, shape])).toEqual([
      ['fc1.weight', [channels, hidden]],
      ['fc2.weight', [hidden, channels]],
    ]);
    disposeModule(gate);
  }
});

test('the largest channel takes the whole gradient, the first of several', () => {
  tf.tidy(() => {
    const x = tf.tensor4d([1, 3, 3, 0, 0, 0], [1, 1, 2, 3]);
    expect([...maxOverChannels(x).dataSync()]).toEqual([3, 0]);
    const gradient = tf.grad((y) => tf.sum(tf.mul(maxOverChannels(y as tf.Tensor4D), 2)))(x);
    expect([...gradient.dataSync()]).toEqual([0, 2, 0, 2, 0, 0]);
  });
});

test('spatial attention lies in (0, 1) and follows the map it comes from', () =>
  forAll(
    maps,
    ({ shape, seed }) => {
      const gate = new SpatialGate({}, init(seed));
      const map = normal<tf.Tensor4D>([...shape], seed);
      const attention = gate.call(map, 'eval');
      expect(attention.shape).toEqual([...shape.slice(0, 3), 1]);
      expectInside(attention);
      expectClose(gate.call(tf.reverse(map, -1), 'eval'), attention); // the order of channels does not count
      disposeModule(gate);
    },
    10,
  ));

test('multi-scale context of a constant map is constant, and not negative', () =>
  forAll(
    maps,
    ({ shape, seed }) => {
      const pool = new MultiScalePool({ channels: shape[3] }, init(seed));
      const features = pool.call(tf.fill([...shape], 0.7) as tf.Tensor4D);
      expectClose(features, tf.tile(tf.slice(features, [0, 0, 0, 0], [1, 1, 1, shape[3]]), [...shape.slice(0, 3), 1]));
      expect(value(tf.min(pool.call(normal([...shape], seed))))).toBeGreaterThanOrEqual(0);
      disposeModule(pool);
    },
    10,
  ));

test('a residual gate that is shut gives x, one that is open x and the difference, one at 0 half of it', () =>
  forAll(maps, ({ shape, seed }) => {
    const [x, difference] = [normal<tf.Tensor4D>([...shape], seed), normal<tf.Tensor4D>([...shape], seed + 1)];
    for (const [score, share] of [
      [-100, 0],
      [100, 1],
      [0, 0.5],
    ]) {
      // prettier-ignore
      const layer = { call: (d: tf.Tensor4D): tf.Tensor4D => tf.fill(d.shape, score) as tf.Tensor4D };
      expectClose(residualGate(x, difference, layer), tf.add(x, tf.mul(difference, share)));
    }
  }));

test('gates keep no tensor besides their result', () => {
  const modules = [new EcaGate({ channels: 3 }, init()), new SeGate({ channels: 3 }, init())];
  const [spatial, pool] = [new SpatialGate({}, init()), new MultiScalePool({ channels: 3 }, init())];
  const [z, x] = [normal<tf.Tensor2D>([2, 3], 1), normal<tf.Tensor4D>([1, 5, 4, 3], 2)];
  for (const gate of modules) expectOneTensor(() => gate.call(z));
  expectOneTensor(() => spatial.call(x, 'eval'));
  expectOneTensor(() => pool.call(x));
  expectOneTensor(() => residualGate(x, x, pool));
  for (const module of [...modules, spatial, pool]) disposeModule(module);
  tf.dispose([z, x]);
});

test('gates say what is wrong with their input', () => {
  const gate = new EcaGate({ channels: 4 }, init());
  expect(() => gate.call(tf.zeros([2, 5]))).toThrow('EcaGate: z must have shape [*,4], got [2,5]');
  expect([...parameters(gate).keys()]).toEqual(['conv.weight']);
  disposeModule(gate);
  expect(() => new EcaGate({ channels: 4, kernelSize: 2 }, init())).toThrow('EcaGate: kernelSize must be odd, got 2');
  expect(() => new SpatialGate({ kernelSize: 4 }, init())).toThrow('SpatialGate: kernelSize must be odd, got 4');
});
