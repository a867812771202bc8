import fc from 'fast-check';
import { parameters, disposeModule, Random } from '@rs/nn';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { modelConfig, publishedSetting } from '../src/build-model.js';
import { centreCrop, type Patch } from '../src/data.js';
import { EDC } from '../src/model.js';
import { ablations, edc, naive } from '../src/rows.js';
import { queryKeyPairs } from '../src/studies/carrier-tokens.js';
import { measureComplexity } from '../src/studies/complexity.js';
import { areaUnderCurve, measureGates } from '../src/studies/gates.js';
import { measureRepresentation } from '../src/studies/representation.js';
import { tinyConfig } from './tiny-config.js';

const side = 32;
const model = (row = edc): EDC => new EDC(modelConfig(tinyConfig, row, 7), new Random(1));

/** A patch of noise whose left half is under a cloud. */
function patchOf(id: number, { size = side, labels = side, cloud = 0.5 } = {}): Patch {
  const random = new Random(id);
  const image = (bands: number) => {
    const data = Float32Array.from({ length: bands * size * size }, () => random.uniform());
    return { data, bands, height: size, width: size, bandNames: [], epsg: null, geotransform: null };
  };
  const cloudFree = image(4);
  const isCloudy = (pixel: number): boolean => pixel % size < size / 2;
  const cloudy = { ...cloudFree, data: cloudFree.data.map((value, i) => (isCloudy(i % (size * size)) ? value + cloud : value)) };
  return {
    id: String(id),
    scene: 'noise',
    cloudFree,
    cloudy,
    sar: image(2),
    label: { data: new Int32Array(labels * labels), height: labels, width: labels, epsg: null, geotransform: null },
    cloudMask: { data: Uint8Array.from({ length: size * size }, (_, i) => Number(isCloudy(i))), height: size, width: size },
    filled: {},
  };
}
async function* batchesOf(...batches: Patch[][]): AsyncGenerator<Patch[]> {
  yield* batches;
}

test('gates: every figure of every stage, no tensor left, layers as they were', async () => {
  const network = model();
  const before = tf.memory().numTensors;
  const study = await measureGates(network, batchesOf([patchOf(1), patchOf(2)], [patchOf(3)]));
  expect(tf.memory().numTensors).toBe(before);
  expect(study.tiles).toBe(3);
  expect(study.shifts.map(({ cover }) => cover)).toEqual([0.5, 0.5, 0.5]);
  for (const { stage, attention, AUROC, weights } of study.stages) {
    for (const share of [attention.cloudy, attention.clear, AUROC, ...weights.flat()]) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(weights.map((values) => values.length)).toEqual(Array(stage === 1 ? 2 : 3).fill(4 * 2 ** (stage - 1)));
  }
  const fusion = network.encoder.fuse[0] as unknown as { pooling: object; eca: object };
  expect([fusion.pooling, fusion.eca].some((layer) => Object.hasOwn(layer, 'call'))).toBe(false);
  disposeModule(network);
});

test('a cloud that changes nothing moves no descriptor, and a batch is its tiles', async () => {
  const network = model();
  const still = await measureGates(network, batchesOf([patchOf(1, { cloud: 0 })]));
  for (const { weighted, plain } of still.shifts) expect([...weighted, ...plain]).toEqual(Array(8).fill(0));
  for (const { discrepancy, discrepancyCloudFree } of still.stages) expect(discrepancy).toEqual(discrepancyCloudFree);
  const together = await measureGates(network, batchesOf([patchOf(1), patchOf(2)]));
  const apart = await measureGates(network, batchesOf([patchOf(1)], [patchOf(2)]));
  apart.shifts.forEach(({ weighted }, n) => weighted.forEach((shift, i) => expect(shift).toBeCloseTo(together.shifts[n].weighted[i], 4)));
  apart.stages.forEach(({ attention }, i) => expect(attention.cloudy).toBeCloseTo(together.stages[i].attention.cloudy, 4));
  disposeModule(network);
});

test('the area under the curve is the share of pairs in order', () => {
  const counts = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(counts, (levels) => {
      const [cloudy, clear] = [0, 1].map((i) => Float64Array.from(levels, (pair) => pair[i]));
      const each = (side: Float64Array): number[] => [...side].flatMap((count, level) => Array<number>(count).fill(level));
      const pairs = each(cloudy).flatMap((a) => each(clear).map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
      const expected = pairs.reduce<number>((sum, pair) => sum + pair, 0) / pairs.length;
      const found = areaUnderCurve({ cloudy, clear });
      if (Number.isNaN(expected)) expect(found).toBeNaN();
      else expect(found).toBeCloseTo(expected, 12);
    }),
    { seed: 1 },
  );
});

test('representation: pooled over tiles, bounded, no tensor left', async () => {
  const network = model(naive);
  const before = tf.memory().numTensors;
  const found = await measureRepresentation(network, batchesOf([patchOf(1), patchOf(2)], [patchOf(3)]));
  expect(tf.memory().numTensors).toBe(before);
  expect(found).toMatchObject({ tiles: 3, positions: 3, channels: 4 });
  expect(found.erank).toBeGreaterThanOrEqual(1);
  expect(found.erank).toBeLessThanOrEqual(3); // as many positions
  expect(found.singularValues).toHaveLength(32);
  expect(found.singularValues[0]).toBe(1);
  expect(found.CKA).toBeGreaterThan(0);
  disposeModule(network);
});

test('costs: parameters and work of the parts sum up', () => {
  const before = tf.memory().numTensors;
  const cost = measureComplexity(edc, { setting: tinyConfig, numClasses: 7, side, batch: 2, engine: 'test', eager: true });
  expect(tf.memory().numTensors).toBe(before);
  const sum = (figure: 'parameters' | 'macs'): number => cost.parts.reduce((total, part) => total + part[figure], 0);
  expect([sum('parameters'), sum('macs')]).toEqual([cost.parameters, cost.macs]);
  expect(cost.parts).toHaveLength(8);
  expect([cost.latency, cost.throughput].every((value) => value > 0 && Number.isFinite(value))).toBe(true);
});

test('pairs of queries and keys are those of the specification', () => {
  const pairs = [160, 300, 640, 1280].map((image) => Object.values(queryKeyPairs(image)));
  expect(pairs).toEqual([[11_492, 10_000], [26_577, 130_321], [121_860, 2_560_000], [736_272, 40_960_000]]); // prettier-ignore
});

test('a centre crop meets the grid of coarser labels', () => {
  const patch = patchOf(1, { size: 300, labels: 90 });
  const crop = centreCrop(patch, 160);
  expect([crop.cloudy.height, crop.label.height, crop.cloudMask.width]).toEqual([160, 48, 160]);
  expect(crop.cloudy.data[0]).toBe(patch.cloudy.data[70 * 300 + 70]);
  expect(centreCrop(patch, 300)).toBe(patch);
});

test('rows differ from EDC in the parts that their names say', () => {
  const { model: setting } = publishedSetting('m3m-cr');
  expect(setting.decoderChannels).toEqual([256, 128, 64, 32]);
  const names = ablations.map((row) => {
    const network = model(row);
    const found = [...parameters(network).keys()];
    disposeModule(network);
    return [row.label, found.some((name) => name.startsWith('cr_')), found.some((name) => name.includes('spatial_gate')), row.distillation];
  });
  expect(names).toEqual([
    ['w/o DCHF', true, false, true],
    ['w/o DCGD', true, true, true],
    ['w/o Distillation', true, true, false],
    ['w/o Cloud Removal', false, true, true],
    ['EDC-naive', false, false, false],
    ['EDC*', false, true, false],
    ['EDC', true, true, true],
  ]);
});
