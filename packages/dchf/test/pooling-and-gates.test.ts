import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, parameters, Random, torchInit } from '@rs/nn';
import { expect, test } from 'vitest';
import { EcaGate, ecaKernelSize, MultiScalePool, SeGate, SpatialGate, WeightedGlobalPooling } from '../src/index.js';
import { maxOverChannels } from '../src/max-over-channels.js';
import { apart, forAllMaps, value } from './feature-maps.js';

const init = (seed = 0) => torchInit(new Random(seed));
const pooling = new WeightedGlobalPooling();

test('pooling with a constant weight is the mean', () =>
  forAllMaps(({ map, shape: [n, h, w] }) => {
    const mean = tf.mean(map(0), [1, 2]);
    expect(apart(pooling.call(map(0), tf.fill([n, h, w, 1], 0.3)), mean)).toBeLessThan(1e-4);
    expect(apart(pooling.call(map(0)), mean)).toBeLessThan(1e-4);
  }));

test('pooling does not see pixels of weight 0', () =>
  forAllMaps(({ map, shape: [n, h, w], seed }) => {
    const weight = tf.cast(tf.randomUniformInt([n, h, w, 1], 0, 2, seed), 'float32') as tf.Tensor4D;
    const disturbed = tf.add(map(0), tf.mul(tf.sub(1, weight), map(1))) as tf.Tensor4D;
    expect(apart(pooling.call(disturbed, weight), pooling.call(map(0), weight))).toBeLessThan(1e-5);
  }));

test('pooling of a constant map is the constant, whatever the weight', () =>
  forAllMaps(({ map }) => {
    const weight = tf.add(tf.sigmoid(map(1, 1)), 0.5) as tf.Tensor4D;
    expect(apart(pooling.call(tf.fill(map(0).shape, 2) as tf.Tensor4D, weight), tf.scalar(2))).toBeLessThan(1e-4);
  }));

test('pooling without any weight is 0, with a finite gradient', () => {
  const x = tf.ones<tf.Rank.R4>([1, 2, 2, 1]);
  expect(value(pooling.call(x, tf.zerosLike(x)))).toBe(0);
  const [dx, dw] = tf.grads((a, b) => tf.sum(pooling.call(a as tf.Tensor4D, b as tf.Tensor4D)))([x, tf.zerosLike(x)]);
  expect([...dx.dataSync(), ...dw.dataSync()].every(Number.isFinite)).toBe(true);
});

test('the ECA kernel grows with the logarithm of the channels', () => {
  expect([6, 9, 64, 128, 384, 768, 1536].map(ecaKernelSize)).toEqual([1, 3, 3, 5, 5, 5, 5]);
});

test('channel gates lie in (0, 1)', () =>
  forAllMaps(({ map, seed }) => {
    const z = tf.mul(pooling.call(map(0)), 5) as tf.Tensor2D;
    for (const gate of [new EcaGate({ channels: z.shape[1] }, init(seed)), new SeGate({ channels: z.shape[1] }, init(seed))]) {
      const s = gate.call(z);
      expect(s.shape).toEqual(z.shape);
      expect(value(tf.min(s))).toBeGreaterThan(0);
      expect(value(tf.max(s))).toBeLessThan(1);
      disposeModule(gate);
    }
  }));

test('an ECA gate moves with its input along the channels, away from the ends', () => {
  const gate = new EcaGate({ channels: 12, kernelSize: 3 }, init());
  tf.tidy(() => {
    const z = tf.randomNormal<tf.Rank.R2>([2, 12], 0, 1, 'float32', 1);
    const moved = tf.concat([tf.slice(z, [0, 11], [2, 1]), tf.slice(z, [0, 0], [2, 11])], 1);
    expect(apart(tf.slice(gate.call(moved), [0, 2], [2, 9]), tf.slice(gate.call(z), [0, 1], [2, 9]))).toBeLessThan(1e-6);
  });
  disposeModule(gate);
});

test('the largest channel takes the whole gradient, the first of several', () => {
  tf.tidy(() => {
    const x = tf.tensor4d([1, 3, 3, 0, 0, 0], [1, 1, 2, 3]);
    expect([...maxOverChannels(x).dataSync()]).toEqual([3, 0]);
    expect([
      ...tf
        .grad((y) => tf.sum(tf.mul(maxOverChannels(y as tf.Tensor4D), 2)))(x)
        .dataSync(),
    ]).toEqual([0, 2, 0, 2, 0, 0]);
  });
});

test('spatial attention lies in (0, 1) and follows the map it comes from', () =>
  forAllMaps(({ map, seed, shape: [n, h, w] }) => {
    const gate = new SpatialGate({}, init(seed));
    const attention = gate.call(map(0), 'eval');
    expect(attention.shape).toEqual([n, h, w, 1]);
    expect(value(tf.min(attention))).toBeGreaterThan(0);
    expect(value(tf.max(attention))).toBeLessThan(1);
    expect(apart(gate.call(tf.reverse(map(0), -1), 'eval'), attention)).toBeLessThan(1e-5); // the order of channels does not count
    disposeModule(gate);
  }, 10));

test('multi-scale context of a constant map is constant, and not negative', () =>
  forAllMaps(({ map, shape, seed }) => {
    const pool = new MultiScalePool({ channels: shape[3] }, init(seed));
    const features = pool.call(tf.fill([...shape], 0.7) as tf.Tensor4D);
    expect(features.shape).toEqual(shape);
    expect(apart(features, tf.slice(features, [0, 0, 0, 0], [1, 1, 1, shape[3]]))).toBeLessThan(1e-5);
    expect(value(tf.min(pool.call(map(0))))).toBeGreaterThanOrEqual(0);
    disposeModule(pool);
  }, 10));

test('parts say what is wrong with their input', () => {
  const gate = new EcaGate({ channels: 4 }, init());
  expect(() => gate.call(tf.zeros([2, 5]))).toThrow('EcaGate: z must have shape [*,4], got [2,5]');
  expect([...parameters(gate).keys()]).toEqual(['conv.weight']);
  disposeModule(gate);
  expect(() => new EcaGate({ channels: 4, kernelSize: 2 }, init())).toThrow('EcaGate: kernelSize must be odd, got 2');
  expect(() => new SpatialGate({ kernelSize: 4 }, init())).toThrow('SpatialGate: kernelSize must be odd, got 4');
  expect(() => pooling.call(tf.zeros([1, 2, 2, 3]), tf.zeros([1, 2, 3, 1]))).toThrow(
    'WeightedGlobalPooling: weight must have shape [1,2,2,1], got [1,2,3,1]',
  );
});
