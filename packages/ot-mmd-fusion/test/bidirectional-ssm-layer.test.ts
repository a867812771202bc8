import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, parameters, Random, torchInit } from '@rs/nn';
import { capture } from '@rs/engine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BidirectionalSsmLayer, type BidirectionalSsmLayerConfig } from '../src/index.js';
import { apart } from './apart.js';

const build = (config: BidirectionalSsmLayerConfig, seed = 0): BidirectionalSsmLayer =>
  new BidirectionalSsmLayer(config, torchInit(new Random(seed)));
const tokensOf = (shape: [number, number, number], seed: number): tf.Tensor3D => tf.randomNormal(shape, 0, 1, 'float32', seed);
const valueOf = (x: tf.Tensor): number[] => [...x.dataSync()];

/** The layer whose two directions have changed places. */
function swapped(layer: BidirectionalSsmLayer): void {
  const pairs: [tf.Variable, tf.Variable][] = [
    [layer.conv1d.weight, layer.conv1dB.weight],
    [layer.conv1d.bias, layer.conv1dB.bias],
    [layer.xProj.weight, layer.xProjB.weight],
    [layer.dtProj.weight, layer.dtProjB.weight],
    [layer.dtProj.bias!, layer.dtProjB.bias!],
    [layer.A_log, layer.A_b_log],
    [layer.D, layer.D_b],
  ];
  for (const [a, b] of pairs) {
    const before = tf.clone(a as tf.Tensor);
    a.assign(b as tf.Tensor<tf.Rank>);
    b.assign(before as tf.Tensor<tf.Rank>);
    before.dispose();
  }
}

test('keeps the shape, and a reversed sequence gives the reversed result when the directions change places', () =>
  fc.assert(
    fc.property(
      fc.record({ batch: fc.integer({ min: 1, max: 2 }), length: fc.integer({ min: 1, max: 40 }), seed: fc.nat() }),
      ({ batch, length, seed }) => {
        const layer = build({ dim: 4, stateSize: 3 }, seed % 100);
        tf.tidy(() => {
          const tokens = tokensOf([batch, length, 4], seed);
          const before = layer.call(tokens);
          expect(before.shape).toEqual(tokens.shape);
          swapped(layer);
          expect(apart(tf.reverse(layer.call(tf.reverse(tokens, 1)), 1), before)).toBeLessThan(1e-5);
        });
        disposeModule(layer);
      },
    ),
    { numRuns: 8, seed: 1 },
  ));

test('the mean of two directions is half their sum', () => {
  const [mean, sum] = (['mean', 'sum'] as const).map((merge) => build({ dim: 4, norm: 'rms', merge }));
  tf.tidy(() => {
    const tokens = tokensOf([1, 9, 4], 1);
    const added = (layer: BidirectionalSsmLayer): tf.Tensor => tf.sub(layer.call(tokens), tokens);
    expect(apart(added(sum), tf.mul(added(mean), 2))).toBeLessThan(1e-6);
  });
  disposeModule(mean);
  disposeModule(sum);
});

test('starts as the table has it', () => {
  const layer = build({ dim: 32, stateSize: 4 });
  expect(layer.xProj.weight.shape).toEqual([64, 2 + 2 * 4]); // dtRank is ceil(32 / 16)
  const rates = tf.tidy(() => valueOf(tf.exp(layer.A_log)));
  rates.slice(0, 4).forEach((rate, n) => expect(rate).toBeCloseTo(n + 1, 5));
  expect(new Set(valueOf(layer.D))).toEqual(new Set([1]));
  const steps = tf.tidy(() => valueOf(tf.softplus(layer.dtProj.bias!)));
  expect(Math.min(...steps)).toBeGreaterThan(0.00099);
  expect(Math.max(...steps)).toBeLessThan(0.101);
  const logs = steps.map((step) => Math.log10(step));
  expect(logs.reduce((a, b) => a + b) / logs.length).toBeCloseTo(-2, 2); // log-uniform over [0.001, 0.1]
  expect(logs.filter((log) => log < -2.5)).toHaveLength(logs.length / 4);
  expect(steps.every((step, i) => i === 0 || step > steps[i - 1])).toBe(false); // in random order
  expect(valueOf(layer.dtProjB.bias!)).not.toEqual(valueOf(layer.dtProj.bias!));
  disposeModule(layer);
});

test('runs as a captured graph of several chunks, gradients included', () => {
  const layer = build({ dim: 64 });
  const tokens = tokensOf([1, 800, 64], 1);
  const step = ({ tokens }: { tokens: tf.Tensor }): Record<string, tf.Tensor> => {
    const { value, grads } = tf.variableGrads(
      () => tf.sum(tf.square(layer.call(tokens as tf.Tensor3D))),
      [layer.A_log, layer.inProj.weight],
    );
    return { value, A: grads[layer.A_log.name], weight: grads[layer.inProj.weight.name] };
  };
  const captured = capture(step);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const [got, want] = [captured({ tokens }), step({ tokens })];
    for (const name of Object.keys(want)) {
      const largest = tf.max(tf.abs(want[name])).dataSync()[0];
      expect(apart(got[name], want[name]) / largest).toBeLessThan(1e-4);
    }
  });
  expect(tf.memory().numTensors).toBe(before);
  captured.dispose();
  disposeModule(layer);
  tokens.dispose();
});

test('refuses tokens of another width, and none', () => {
  const layer = build({ dim: 4 });
  expect(() => layer.call(tf.zeros([1, 2, 3]))).toThrow('BidirectionalSsmLayer: tokens must have shape [*,*,4], got [1,2,3]');
  expect(() => layer.call(tf.zeros([1, 0, 4]))).toThrow('BidirectionalSsmLayer: tokens must hold at least one token, got 0');
  expect(parameters(layer).size).toBe(18);
  disposeModule(layer);
});
