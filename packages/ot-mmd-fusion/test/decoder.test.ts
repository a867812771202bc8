import { disposeModule, parameters, Random, resize, TrainPass } from '@rs/nn';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adaptiveFilter, normalisedKernels } from '../src/adaptive-filter.js';
import { FrequencyAwareDecoder, FrequencyAwareFusion, type FrequencyAwareDecoderConfig } from '../src/index.js';
import { apart, value } from './token-pairs.js';

const map = (shape: [number, number, number, number], seed: number): tf.Tensor4D => tf.randomNormal(shape, 0, 1, 'float32', seed);
const sides = fc.record({ batch: fc.integer({ min: 1, max: 2 }), height: fc.integer({ min: 3, max: 5 }), width: fc.integer({ min: 3, max: 5 }), seed: fc.nat(1e6) }); // prettier-ignore
const options = fc.record({
  size: fc.constantFrom(1, 3, 5),
  up: fc.constantFrom(1 as const, 2 as const),
  padding: fc.constantFrom('reflect' as const, 'zero' as const, 'replicate' as const),
});
const forAllFilters = (check: (x: tf.Tensor4D, kernels: tf.Tensor4D, given: { size: number; up: 1 | 2; padding: 'reflect' | 'zero' | 'replicate' }) => void): void =>
  fc.assert(
    fc.property(sides, options, ({ batch, height, width, seed }, given) => {
      const kernels = (): tf.Tensor4D => normalisedKernels(map([batch, given.up * height, given.up * width, given.size ** 2], seed + 1));
      tf.tidy(() => check(map([batch, height, width, 3], seed), kernels(), given));
    }),
    { numRuns: 25, seed: 1 },
  ); // prettier-ignore

test('filters sum to one, so a constant map stays what it is where its border is its own', () =>
  forAllFilters((x, kernels, given) => {
    expect(apart(tf.sum(kernels, -1), tf.scalar(1))).toBeLessThan(1e-5);
    if (given.padding === 'zero') return;
    const filtered = adaptiveFilter({ x: tf.onesLike(x), kernels, ...given });
    expect(apart(filtered, tf.scalar(1))).toBeLessThan(1e-5);
  }));

test('a filter of one tap in the middle enlarges to the nearest', () =>
  forAllFilters((x, kernels, given) => {
    const middle = tf.oneHot(tf.scalar((given.size ** 2 - 1) / 2, 'int32'), Math.max(2, given.size ** 2));
    const tap = given.size === 1 ? tf.onesLike(kernels) : tf.mul(tf.onesLike(kernels), tf.cast(middle, 'float32'));
    const nearest = resize(x, { size: [given.up * x.shape[1], given.up * x.shape[2]], mode: 'nearest' });
    expect(apart(adaptiveFilter({ x, kernels: tap as tf.Tensor4D, ...given }), nearest)).toBeLessThan(1e-6);
  }));

test('is linear in the map, and its gradient is the transpose', () =>
  forAllFilters((x, kernels, given) => {
    const filtered = (z: tf.Tensor4D): tf.Tensor4D => adaptiveFilter({ x: z, kernels, ...given });
    const y = filtered(x);
    const dy = map(y.shape, 7);
    const dx = tf.grad((z) => tf.sum(tf.mul(filtered(z as tf.Tensor4D), dy)))(x);
    const [left, right] = [value(tf.sum(tf.mul(y, dy))), value(tf.sum(tf.mul(x, dx)))];
    expect(Math.abs(left - right)).toBeLessThan(1e-4 * (1 + Math.abs(left)));
  }));

const config: FrequencyAwareDecoderConfig = {
  channels: [4, 5, 6],
  numClasses: 3,
  decoderChannels: 4,
  compressedChannels: 4,
  lowpassKernel: 3,
};
const stages = (seed = 1): tf.Tensor4D[] => [map([2, 16, 12, 4], seed), map([2, 8, 6, 5], seed + 1), map([2, 4, 3, 6], seed + 2)];

test.each(['frequency', 'bilinear'] as const)('with %s upsampling logits have four times the size of the finest stage', (upsampling) => {
  const decoder = new FrequencyAwareDecoder({ ...config, upsampling }, new Random(0));
  tf.tidy(() => {
    expect(decoder.call(stages(), 'eval').shape).toEqual([2, 64, 48, 3]);
  });
  const names = [...parameters(decoder).keys()];
  expect(names.some((name) => name.startsWith('fuse.'))).toBe(upsampling === 'frequency');
  for (const name of ['weights.1', 'lateral.2.conv.weight', 'post.1.bn.bias', 'head.conv.weight', 'classifier.bias'])
    expect(names).toContain(name);
  disposeModule(decoder);
});

test('a map whose weight is not above 0 does not count', () => {
  const decoder = new FrequencyAwareDecoder({ ...config, channels: [4, 5] }, new Random(0));
  decoder.weights[0].assign(tf.tensor1d([1, -1]));
  tf.tidy(() => {
    const [fine, coarse] = stages();
    const other = tf.mul<tf.Tensor4D>(coarse, 0);
    const difference = (upsampled: tf.Tensor4D): number =>
      apart(decoder.call([fine, upsampled], 'eval'), decoder.call([fine, coarse], 'eval'));
    expect(difference(other)).toBeLessThan(1e-3); // it only moves the filters, which begin near 0
    decoder.weights[0].assign(tf.tensor1d([1, 1]));
    expect(difference(other)).toBeGreaterThan(1e-2);
  });
  disposeModule(decoder);
});

test('drops channels in training alone, by the seed of the pass', () => {
  const decoder = new FrequencyAwareDecoder({ ...config, dropout: 0.5 }, new Random(0));
  tf.tidy(() => {
    const logits = (seed: number): tf.Tensor4D => {
      const pass = new TrainPass(seed);
      const result = decoder.call(stages(), pass);
      pass.dispose();
      return result;
    };
    expect(apart(logits(1), logits(1))).toBe(0);
    expect(apart(logits(1), logits(2))).toBeGreaterThan(1e-3);
    expect(apart(decoder.call(stages(), 'eval'), decoder.call(stages(), 'eval'))).toBe(0);
  });
  disposeModule(decoder);
});

test('starts with filters near those of the Hamming window', () => {
  const fusion = new FrequencyAwareFusion({ hrChannels: 3, lrChannels: 4, compressedChannels: 5 }, new Random(0));
  expect(value(tf.tidy(() => tf.max(tf.abs(fusion.contentEncoder.weight))))).toBeLessThan(0.006);
  expect(value(tf.tidy(() => tf.max(tf.abs(fusion.contentEncoder.weight))))).toBeGreaterThan(0.001);
  const before = tf.memory().numTensors;
  const outputs = tf.tidy(() => ({ ...fusion.call(map([1, 6, 8, 3], 1), map([1, 3, 4, 4], 2)) }));
  expect([outputs.hr.shape, outputs.lrUp.shape]).toEqual([[1, 6, 8, 3], [1, 6, 8, 4]]); // prettier-ignore
  expect(tf.memory().numTensors).toBe(before + 2);
  tf.dispose(outputs);
  disposeModule(fusion);
});

test('names what is wrong', () => {
  expect(() => new FrequencyAwareDecoder({ ...config, lowpassKernel: 4 }, new Random(0))).toThrow(
    'FrequencyAwareFusion: lowpassKernel must be an odd number of pixels, got 4',
  );
  expect(() => new FrequencyAwareDecoder({ ...config, dropout: 1 }, new Random(0))).toThrow('dropout must be in [0, 1), got 1');
  const decoder = new FrequencyAwareDecoder(config, new Random(0));
  tf.tidy(() => {
    const [fine, middle, coarse] = stages();
    expect(() => decoder.call([fine, middle], 'eval')).toThrow('FrequencyAwareDecoder: stages must be 3 maps, got 2');
    expect(() => decoder.call([fine, coarse, coarse], 'eval')).toThrow('FrequencyAwareDecoder: stages[1] must have shape [2,8,6,5]');
    const tiny = [map([1, 4, 4, 4], 1), map([1, 2, 2, 5], 2), map([1, 1, 1, 6], 3)];
    expect(() => decoder.call(tiny, 'eval')).toThrow('to reflect, padding must be smaller than x');
  });
  disposeModule(decoder);
});
