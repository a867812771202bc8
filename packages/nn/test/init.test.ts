import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  kaimingNormalInit,
  kaimingUniformInit,
  torchInit,
  truncatedNormalInit,
  xavierNormalInit,
  xavierUniformInit,
  type Fans,
  type Init,
} from '../src/init.js';
import { Conv2d } from '../src/layers/conv2d.js';
import { ConvTranspose2d } from '../src/layers/conv-transpose2d.js';
import { Linear } from '../src/layers/linear.js';
import { Random } from '../src/random.js';

const fans = { fanIn: 12, fanOut: 20 };

/** Mean, standard deviation and largest size of 20,000 weights. */
function momentsOf(init: Init): { mean: number; std: number; largest: number } {
  const values = tf.tidy(() => init.weight([100, 200], fans).dataSync<'float32'>());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance), largest: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) };
}

test.each([
  ['torch', torchInit, 1 / Math.sqrt(12)],
  ['kaiming', kaimingUniformInit, Math.sqrt(6 / 12)],
  ['xavier', xavierUniformInit, Math.sqrt(6 / 32)],
])('%s uniform fills its bound evenly', (_, make, bound) => {
  const { mean, std, largest } = momentsOf(make(new Random(1)));
  expect(Math.abs(mean)).toBeLessThan(0.02 * bound);
  expect(std / (bound / Math.sqrt(3))).toBeCloseTo(1, 1.5);
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.999 * bound);
});
test.each([
  ['kaiming', kaimingNormalInit, Math.sqrt(2 / 12)],
  ['xavier', xavierNormalInit, Math.sqrt(2 / 32)],
])('%s normal has its standard deviation', (_, make, std) => {
  const moments = momentsOf(make(new Random(2)));
  expect(Math.abs(moments.mean)).toBeLessThan(0.03 * std);
  expect(moments.std / std).toBeCloseTo(1, 1.5);
});
test('a truncated normal stays within 2', () => {
  expect(momentsOf(truncatedNormalInit(new Random(3), { std: 0.02 })).std).toBeCloseTo(0.02, 3);
  expect(momentsOf(truncatedNormalInit(new Random(3), { std: 3 })).largest).toBeLessThanOrEqual(2);
  expect(() => truncatedNormalInit(new Random(3), { std: 0 })).toThrow('truncatedNormalInit: std must be above 0, got 0');
});
test('only the default of PyTorch draws biases', () => {
  const largest = (init: Init): number => tf.tidy(() => tf.max(tf.abs(init.bias([50], fans))).dataSync()[0]);
  expect(largest(torchInit(new Random(4)))).toBeGreaterThan(0);
  expect(largest(torchInit(new Random(4)))).toBeLessThanOrEqual(1 / Math.sqrt(12));
  const others = [kaimingUniformInit, kaimingNormalInit, xavierUniformInit, xavierNormalInit];
  for (const make of others) expect(largest(make(new Random(4)))).toBe(0);
  expect(largest(truncatedNormalInit(new Random(4), { std: 1 }))).toBe(0);
});
test('fans are counted as in PyTorch, of groups and of transposed convolutions too', () => {
  const seen: Fans[] = [];
  const record: Init = { weight: (shape, fans) => (seen.push(fans), tf.zeros(shape)), bias: (shape) => tf.zeros(shape) };
  const layers = [
    new Conv2d({ inChannels: 8, outChannels: 12, kernelSize: [3, 5], groups: 4 }, record), // weight (12,2,3,5)
    new ConvTranspose2d({ inChannels: 8, outChannels: 12, kernelSize: 2 }, record), // weight (8,12,2,2)
    new Linear({ inFeatures: 7, outFeatures: 3 }, record), // weight (3,7)
  ];
  expect(seen).toEqual([
    { fanIn: 2 * 15, fanOut: 12 * 15 },
    { fanIn: 12 * 4, fanOut: 8 * 4 },
    { fanIn: 7, fanOut: 3 },
  ]);
  for (const layer of layers) tf.dispose([layer.weight, layer.bias as tf.Variable]);
});
