import { capture } from '@rs/engine';
import { countParameters, disposeModule, parameters, Random, torchInit, TrainPass, type Init } from '@rs/nn';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { ConcatFusionBlock, gaussianMmd2, localAlign, SynergisticFusionBlock, type SynergisticFusionBlockConfig } from '../src/index.js';
import { allFinite, apart, value } from './token-pairs.js';

const build = (config: Partial<SynergisticFusionBlockConfig> = {}, seed = 0): SynergisticFusionBlock =>
  new SynergisticFusionBlock({ channels1: 4, channels2: 6, fusionDim: 5, ssm: { stateSize: 2 }, ...config }, torchInit(new Random(seed)));
const map = (shape: [number, number, number, number], seed: number): tf.Tensor4D => tf.randomNormal(shape, 0, 1, 'float32', seed);
const zeroInit: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };

test('alignLoss is the discrepancy of aligned tokens to those at their places, and 0 without MMD', () => {
  const block = build();
  const without = build({ mmd: false });
  tf.tidy(() => {
    const [f1, f2] = [map([2, 4, 3, 4], 1), map([2, 4, 3, 6], 2)];
    const { fused, alignLoss } = block.call(f1, f2, 'eval');
    expect(fused.shape).toEqual(f1.shape);
    const xp = tf.reshape(block.projP!.call(f1), [2, 12, 5]) as tf.Tensor3D;
    const xg = tf.reshape(block.projG!.call(f2), [2, 12, 5]) as tf.Tensor3D;
    const { alignedP, alignedG } = localAlign(xp, xg, { normalization: 'barycentric' });
    expect(apart(alignLoss, tf.mean(tf.add(gaussianMmd2(alignedP, xg), gaussianMmd2(alignedG, xp))))).toBeLessThan(1e-6);
    expect(value(alignLoss)).toBeGreaterThan(0);
    expect(value(without.call(f1, f2, 'eval').alignLoss)).toBe(0);
  });
  disposeModule(block);
  disposeModule(without);
});

test('a window as large as the map is the whole map; a smaller one keeps transport inside', () => {
  const [global, whole, small] = [build({ ssmLayers: 0 }), build({ ssmLayers: 0, window: 8 }), build({ ssmLayers: 0, window: 2 })];
  tf.tidy(() => {
    const [f1, f2] = [map([1, 4, 4, 4], 1), map([1, 4, 4, 6], 2)];
    const fused = (block: SynergisticFusionBlock, x: tf.Tensor4D): tf.Tensor4D => block.call(x, f2, 'eval').fused;
    expect(apart(fused(whole, f1), fused(global, f1))).toBe(0);
    const elsewhere = tf.add(f1, tf.pad(tf.ones([1, 2, 2, 4]), [[0, 0], [2, 0], [2, 0], [0, 0]])) as tf.Tensor4D; // prettier-ignore
    const corner = (x: tf.Tensor4D): tf.Tensor4D => tf.slice(x, [0, 0, 0, 0], [1, 2, 2, 4]);
    expect(apart(corner(fused(small, elsewhere)), corner(fused(small, f1)))).toBeLessThan(1e-6);
    expect(apart(corner(fused(global, elsewhere)), corner(fused(global, f1)))).toBeGreaterThan(1e-4);
  });
  for (const block of [global, whole, small]) disposeModule(block);
});

test('maps of equal tokens (bandwidth 0) and of zeros give finite values and gradients', () => {
  const block = build();
  tf.tidy(() => {
    for (const fill of [0, 1]) {
      const [f1, f2] = [tf.fill([1, 4, 4, 4], fill), tf.fill([1, 4, 4, 6], fill)] as [tf.Tensor4D, tf.Tensor4D];
      const loss = (): tf.Scalar => {
        const { fused, alignLoss } = block.call(f1, f2, 'eval');
        return tf.add(tf.sum(tf.square(fused)), alignLoss);
      };
      const { value: total, grads } = tf.variableGrads(loss, [...parameters(block).values()]);
      expect(allFinite(total, ...Object.values(grads))).toBe(true);
    }
  });
  disposeModule(block);
});

test.each([
  {},
  { alignment: { gradient: 'straight-through' } },
  { alignment: { method: 'sinkhorn', iterations: 5 } },
  { window: 2 },
] as const)('a train step with %o is the same as a captured graph', (config) => {
  const block = build(config);
  const inputs = { f1: map([2, 4, 4, 4], 1), f2: map([2, 4, 4, 6], 2) };
  const step = ({ f1, f2 }: { f1: tf.Tensor; f2: tf.Tensor }): Record<string, tf.Tensor> => {
    const pass = new TrainPass(0);
    const variables = [...parameters(block).values()];
    const loss = (): tf.Tensor => {
      const { fused, alignLoss } = block.call(f1 as tf.Tensor4D, f2 as tf.Tensor4D, pass);
      return tf.add(tf.mean(tf.square(fused)), tf.mul(alignLoss, 0.1));
    };
    const { value: total, grads } = tf.engine().gradients(loss, variables as tf.Tensor[], undefined, true);
    pass.dispose();
    return { total, ...Object.fromEntries(grads.map((gradient, i) => [`${i}`, gradient])) };
  };
  const captured = capture(step);
  const [graph, eager] = [captured(inputs), tf.tidy(() => step(inputs))];
  for (const name of Object.keys(eager)) expect(apart(graph[name], eager[name])).toBeLessThan(1e-5);
  captured.dispose();
  disposeModule(block);
  tf.dispose([inputs, graph, eager]);
});

test('names its parameters as specified', () => {
  const own = build({ ssmLayers: 0 });
  expect([...parameters(own).keys()]).toEqual(
    expect.arrayContaining([
      'proj_p.weight',
      'proj_p.bias',
      'proj_g.weight',
      'proj_g.bias',
      'out.conv.weight',
      'out.bn.weight',
      'out.bn.bias',
    ]),
  );
  const shared = build({ ssmLayers: 2, sharedProjection: true, channels2: 4 });
  const names = [...parameters(shared).keys()];
  expect(names.slice(0, 2)).toEqual(['proj.weight', 'proj.bias']);
  expect(names.filter((name) => name.endsWith('in_proj.weight'))).toEqual(['ssm.0.in_proj.weight', 'ssm.1.in_proj.weight']);
  disposeModule(own);
  disposeModule(shared);
});

test.each([
  ['A', 872320, undefined],
  ['A0 and A1', 417408, { ssmLayers: 0 }],
  ['A2', 742272, {}],
  ['A3', 1067136, { ssmLayers: 2 }],
  ['A2 of 64 features', 442240, { fusionDim: 64 }],
  ['A2 of 128 features', 1095552, { fusionDim: 128 }],
  ['A3 of 64 features', 605568, { ssmLayers: 2, fusionDim: 64 }],
  ['A3 of 128 features', 1635200, { ssmLayers: 2, fusionDim: 128 }],
] as const)('the four blocks of %s have %d parameters', (_name, count, options) => {
  const blocks = [64, 128, 256, 512].map((channels1, i) => {
    const channels = { channels1, channels2: 96 * 2 ** i };
    return options ? new SynergisticFusionBlock({ ...channels, ...options }, zeroInit) : new ConcatFusionBlock(channels, zeroInit);
  });
  expect(countParameters({ fusion: blocks })).toBe(count);
  blocks.forEach(disposeModule);
});

test('concatenation adds the CNN features, unless told not to', () => {
  const block = new ConcatFusionBlock({ channels1: 4, channels2: 6 }, zeroInit);
  const bare = new ConcatFusionBlock({ channels1: 4, channels2: 6, outChannels: 3, residual: false }, zeroInit);
  tf.tidy(() => {
    const [f1, f2] = [map([1, 2, 2, 4], 1), map([1, 2, 2, 6], 2)];
    expect(apart(block.call(f1, f2, 'eval').fused, f1)).toBe(0);
    expect(bare.call(f1, f2, 'eval').fused.shape).toEqual([1, 2, 2, 3]);
    expect(value(tf.max(tf.abs(bare.call(f1, f2, 'eval').fused)))).toBe(0);
  });
  disposeModule(block);
  disposeModule(bare);
});

test('keeps no tensor besides its outputs, and none once disposed', () => {
  const before = tf.memory().numTensors;
  const block = build();
  const [f1, f2] = [map([1, 2, 2, 4], 1), map([1, 2, 2, 6], 2)];
  const built = tf.memory().numTensors;
  const outputs = block.call(f1, f2, 'eval');
  expect(tf.memory().numTensors).toBe(built + 2);
  tf.dispose([{ ...outputs }, f1, f2]);
  disposeModule(block);
  expect(tf.memory().numTensors).toBe(before);
});

test('names what is wrong', () => {
  expect(() => build({ outChannels: 5 })).toThrow('SynergisticFusionBlock: residual needs outChannels = channels1 (4), got 5');
  expect(() => build({ sharedProjection: true })).toThrow(
    'SynergisticFusionBlock: sharedProjection needs channels1 = channels2, got 4 and 6',
  );
  expect(() => build({ window: 1.5 })).toThrow('SynergisticFusionBlock: window must be a whole number >= 0, got 1.5');
  expect(() => build({ ssmLayers: -1 })).toThrow('SynergisticFusionBlock: ssmLayers must be a whole number >= 0, got -1');
  const block = build({ window: 3 });
  const oneToOne = build({ alignment: { method: 'one-to-one' } });
  tf.tidy(() => {
    const [f1, f2] = [tf.ones<tf.Rank.R4>([1, 4, 6, 4]), tf.ones<tf.Rank.R4>([1, 4, 6, 6])];
    expect(() => block.call(f1, f2, 'eval')).toThrow('SynergisticFusionBlock: window 3 must divide the sides of the map, got 4x6');
    expect(() => block.call(f1, f1, 'eval')).toThrow('SynergisticFusionBlock: f2 must have shape [1,4,6,6], got [1,4,6,4]');
    expect(() => block.call(tf.ones([1, 0, 6, 4]), tf.ones([1, 0, 6, 6]), 'eval')).toThrow(
      'SynergisticFusionBlock: f1 must not be empty, got shape [1,0,6,4]',
    );
    expect(() => oneToOne.call(tf.mul(f1, NaN), f2, 'eval')).toThrow('method "one-to-one": cost must be finite, got NaN at [0,0,0]');
  });
  disposeModule(block);
  disposeModule(oneToOne);
});
