import * as tf from '@tensorflow/tfjs-core';
import { buffers, disposeModule, loadStateDict, parameters, Random, stateDict, torchInit, TrainPass } from '@rs/nn';
import { expect, test } from 'vitest';
import { Dchf, type DchfConfig, type DchfInputs } from '../src/index.js';
import { apart, forAllMaps, reversed, value, type Maps } from './feature-maps.js';

/** The rows of the paper's Table III and the other gates. */
const variants: Record<string, Omit<DchfConfig, 'channels'>> = {
  paper: {},
  first: { first: true },
  'without DCHF': { gate: 'se', pooling: 'gap', spatialGate: false },
  'without DCGD': { pooling: 'gap' },
  'attention on both': { opticalGate: 'attention', sarGate: 'attention' },
  'ungated optical': { opticalGate: 'none', kernelSize: 3 },
};
const build = (config: DchfConfig, seed = 0): Dchf => new Dchf(config, torchInit(new Random(seed)));
const inputs = ({ map }: Maps, { first }: Partial<DchfConfig>): DchfInputs => ({
  opt: map(0),
  sar: map(1),
  ...(first ? {} : { cm: map(2) }),
});

test.each(Object.entries(variants))('%s: keeps the shape of each modality and treats images alike', (_name, variant) =>
  forAllMaps((maps) => {
    const fusion = build({ channels: maps.shape[3], ...variant }, maps.seed);
    const given = inputs(maps, variant);
    const outputs = fusion.call(given, 'eval');
    for (const name of ['opt', 'sar', 'cm'] as const) expect(outputs[name].shape).toEqual(maps.shape);
    expect(outputs.attention?.shape).toEqual(variant.spatialGate === false ? undefined : [...maps.shape.slice(0, 3), 1]);
    const turned = Object.fromEntries(Object.entries(given).map(([name, x]) => [name, reversed(x as tf.Tensor)])) as unknown as DchfInputs;
    expect(apart(fusion.call(turned, 'eval').cm, reversed(outputs.cm))).toBeLessThan(1e-5);
    disposeModule(fusion);
  }, 8),
);

test('hands out the discrepancy, which is antisymmetric when both modalities share their weights', () =>
  forAllMaps(({ map, shape }) => {
    const fusion = build({ channels: shape[3], first: true });
    const state = stateDict(fusion);
    for (const name of ['weight', 'bias']) state.set(`sar_msc.conv.0.${name}`, state.get(`opt_msc.conv.0.${name}`)!);
    loadStateDict(fusion, state);
    const there = fusion.call({ opt: map(0), sar: map(1) }, 'eval').discrepancy!;
    const back = fusion.call({ opt: map(1), sar: map(0) }, 'eval').discrepancy!;
    expect(apart(there, tf.neg(back))).toBeLessThan(1e-6);
    expect(value(tf.max(tf.abs(fusion.call({ opt: map(0), sar: map(0) }, 'eval').discrepancy!)))).toBe(0);
    disposeModule(fusion);
  }, 8));

test.each([
  ['wgap', 0],
  ['gap', 1e-4],
] as const)('a closed gate (A = 1) hides the optical features; with pooling %s also from the channel weights', (pooling, least) => {
  const fusion = build({ channels: 3, first: true, kernelSize: 5, pooling });
  fusion.spatialGate!.spatial.bn.bias.assign(tf.tensor1d([50]));
  tf.tidy(() => {
    const sar = tf.randomNormal<tf.Rank.R4>([1, 4, 4, 3], 0, 1, 'float32', 1);
    const fused = (seed: number): tf.Tensor4D => fusion.call({ opt: tf.randomNormal([1, 4, 4, 3], 0, 1, 'float32', seed), sar }, 'eval').cm;
    const ratio = tf.div(fused(2), tf.add(fusion.sarMsc.call(sar), 1e-6));
    expect(value(tf.max(ratio))).toBeLessThan(1); // s_sar F_sar alone
    const difference = apart(fused(2), fused(3));
    if (least === 0) expect(difference).toBeLessThan(1e-6);
    else expect(difference).toBeGreaterThan(least);
  });
  disposeModule(fusion);
});

test('takes an absent option for its default', () => {
  const fusion = build({
    channels: 4,
    gate: undefined,
    pooling: undefined,
    spatialGate: undefined,
    opticalGate: undefined,
    first: undefined,
  });
  expect(fusion.eca).toBeDefined();
  expect(fusion.spatialGate).toBeDefined();
  const map = tf.ones<tf.Rank.R4>([1, 2, 2, 4]);
  expect(() => fusion.call({ opt: map, sar: map }, 'eval')).toThrow('cm must be given');
  map.dispose();
  disposeModule(fusion);
});

test('names its parameters as the published layout does', () => {
  const eca = build({ channels: 4 });
  const se = build({ channels: 4, ...variants['without DCHF'] });
  const shared = ['opt_msc', 'sar_msc', 'cm_msc'].flatMap((msc) => [`${msc}.conv.0.weight`, `${msc}.conv.0.bias`]);
  const distribute = ['opt', 'sar'].flatMap((m) => [`${m}_distribute.weight`, `${m}_distribute.bias`]);
  const gate = ['spatial_gate.spatial.conv.weight', 'spatial_gate.spatial.bn.weight', 'spatial_gate.spatial.bn.bias'];
  expect([...parameters(eca).keys()].sort()).toEqual([...shared, ...distribute, ...gate, 'eca.conv.weight'].sort());
  expect([...buffers(eca).keys()].sort()).toEqual(['mean', 'var'].map((name) => `spatial_gate.spatial.bn.running_${name}`));
  expect([...parameters(se).keys()].sort()).toEqual([...shared, ...distribute, 'se.fc1.weight', 'se.fc2.weight'].sort());
  disposeModule(eca);
  disposeModule(se);
});

test('training moves the running statistics once committed, by 0.01', () => {
  const fusion = build({ channels: 2, first: true });
  const pass = new TrainPass(0);
  const given = { opt: tf.randomNormal<tf.Rank.R4>([2, 4, 4, 2]), sar: tf.randomNormal<tf.Rank.R4>([2, 4, 4, 2]) };
  tf.dispose({ ...fusion.call(given, pass) });
  const { runningVar } = fusion.spatialGate!.spatial.bn;
  expect(value(runningVar)).toBe(1);
  pass.commit();
  expect(value(runningVar)).not.toBe(1);
  expect(value(runningVar)).toBeGreaterThanOrEqual(0.99);
  disposeModule(fusion);
  tf.dispose(given);
});

test('keeps no tensor besides its outputs, and none once disposed', () => {
  const before = tf.memory().numTensors;
  const given = { opt: tf.ones<tf.Rank.R4>([1, 4, 4, 2]), sar: tf.zeros<tf.Rank.R4>([1, 4, 4, 2]) };
  const fusion = build({ channels: 2, first: true });
  const built = tf.memory().numTensors;
  const outputs = fusion.call(given, 'eval');
  expect(tf.memory().numTensors).toBe(built + 5);
  tf.dispose({ ...outputs });
  disposeModule(fusion);
  tf.dispose(given);
  expect(tf.memory().numTensors).toBe(before);
});

test('says what is wrong with its inputs', () => {
  const fusion = build({ channels: 2 });
  const map = tf.zeros<tf.Rank.R4>([1, 4, 4, 2]);
  expect(() => fusion.call({ opt: map, sar: map }, 'eval')).toThrow('Dchf: cm must be given after the first stage');
  expect(() => fusion.call({ opt: map, sar: tf.zeros([1, 4, 2, 2]), cm: map }, 'eval')).toThrow(
    'Dchf: sar must have shape [1,4,4,2], got [1,4,2,2]',
  );
  disposeModule(fusion);
});
