import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, Linear, Random, torchInit } from '@rs/nn';
import { BidirectionalSsmLayer, OtMmdSegmenter } from '@rs/ot-mmd-fusion';
import { expect, test } from 'vitest';
import { countFlops } from '../src/count-flops.js';
import { slope } from '../src/efficiency.js';
import { frequencyMaps } from '../src/frequency-maps.js';
import { matchChart } from '../src/match-chart.js';
import { stageMatching } from '../src/matching.js';
import { principalPlane } from '../src/principal-plane.js';
import { stagesOf } from '../src/tokens.js';

const init = torchInit(new Random(1));
const sizes = {
  cnn: { channels: [4, 8], depths: [1, 1] },
  vss: { dims: [4, 8], depths: [1, 1], stateSize: 2 },
  fusion: { fusionDim: 4 },
  decoder: { decoderChannels: 4, compressedChannels: 4 },
};
const counted = (module: { call(x: never): unknown }, x: tf.Tensor): number =>
  countFlops({ module }, () => void module.call(x as never)).flops;

test('operations of layers as by hand', () => {
  expect(counted(new Conv2d({ inChannels: 3, outChannels: 8, kernelSize: 3, padding: 1 }, init), tf.ones([1, 5, 4, 3]))).toBe(
    2 * 5 * 4 * 8 * 27,
  );
  expect(counted(new Conv2d({ inChannels: 4, outChannels: 4, kernelSize: 3, padding: 1, groups: 4 }, init), tf.ones([1, 5, 4, 4]))).toBe(
    2 * 5 * 4 * 4 * 9,
  );
  expect(counted(new Linear({ inFeatures: 3, outFeatures: 7 }, init), tf.ones([2, 5, 3]))).toBe(2 * 10 * 21);
  const [length, inner, states] = [6, 8, 3];
  const projections = length * (4 * 16 + 2 * (inner * (1 + 2 * states) + inner) + inner * 4 + 2 * inner * 4); // in, x and dt twice, out, conv1d twice
  expect(counted(new BidirectionalSsmLayer({ dim: 4, stateSize: states }, init), tf.ones([1, length, 4]))).toBe(
    2 * projections + 2 * 9 * length * inner * states,
  );
});

test('variants differ by their blocks alone, and images count one by one', () => {
  const [image, aux] = [tf.ones<tf.Rank.R4>([1, 32, 32, 3]), tf.ones<tf.Rank.R4>([1, 32, 32, 1])];
  const flops = (variant: 'A0' | 'A1' | 'A2' | 'A3', copies = 1): number => {
    const model = new OtMmdSegmenter({ ...sizes, variant }, new Random(1));
    return countFlops(model, () => void model.call(tf.tile(image, [copies, 1, 1, 1]), tf.tile(aux, [copies, 1, 1, 1]), 'eval')).flops;
  };
  expect(flops('A1')).toBe(flops('A0'));
  expect(flops('A3') - flops('A2')).toBe(flops('A2') - flops('A1'));
  expect(flops('A2', 3)).toBeCloseTo(3 * flops('A2'), 3);
});

test('a power law has its exponent as slope', () => {
  const growth = [256, 1024, 4096].map((tokens) => ({ tokens, scan: 3e-6 * tokens, transport: 1e-9 * tokens ** 2 }));
  expect(slope(growth, ({ scan }) => scan)).toBeCloseTo(1, 10);
  expect(slope(growth, ({ transport }) => transport)).toBeCloseTo(2, 10);
});

test('the features behind the tokens are those that the network decodes', () => {
  const model = new OtMmdSegmenter({ ...sizes, variant: 'A2' }, new Random(2));
  const image = tf.randomUniform<tf.Rank.R4>([2, 32, 32, 3], 0, 1, 'float32', 1);
  const aux = tf.randomUniform<tf.Rank.R4>([2, 32, 32, 1], 0, 1, 'float32', 2);
  const { fused, tokens } = stagesOf(model, image, aux);
  const difference = tf.max(tf.abs(tf.sub(model.decoder.call(fused, 'eval'), model.call(image, aux, 'eval').logits)));
  expect(difference.dataSync()[0]).toBe(0);
  expect(tokens.map(({ xp }) => xp.shape)).toEqual([
    [2, 64, 4],
    [2, 16, 4],
  ]);
  const maps = frequencyMaps(model.decoder, fused);
  expect(maps.map(({ high, low }) => [high.shape, low.shape])).toEqual([
    [
      [8, 8],
      [8, 8],
    ],
  ]);
  expect(maps[0].weights).toEqual([expect.closeTo(0.5, 6), expect.closeTo(0.5, 6)]);
});

test('equal tokens are partners at their own places, moved ones elsewhere', () => {
  const xp = tf.randomNormal<tf.Rank.R3>([2, 16, 8], 0, 1, 'float32', 3);
  const same = stageMatching({ xp, xg: xp });
  expect(same).toMatchObject({ ownPlace: 1, nearby: 1, hit: 1 });
  expect(same.cosine).toBeCloseTo(1, 5);
  expect(Math.abs(same.mmd2)).toBeLessThan(1e-5);
  const rolled = tf.concat([tf.slice(xp, [0, 8, 0], [2, 8, 8]), tf.slice(xp, [0, 0, 0], [2, 8, 8])], 1); // by two of four rows
  expect(stageMatching({ xp, xg: rolled as tf.Tensor3D })).toMatchObject({ ownPlace: 0, nearby: 0, hit: 1 });
});

test('the plane of largest variance finds the axes of a stretched cloud', () => {
  const rows = [[10, 0, 1], [-10, 0, 1], [0, 3, 1], [0, -3, 1]]; // prettier-ignore
  const plane = principalPlane(rows).map((point) => point.map((value) => Math.round(Math.abs(value))));
  expect(plane).toEqual([[10, 0], [10, 0], [0, 3], [0, 3]]); // prettier-ignore
});

test('matches are drawn in the colour of their distance', () => {
  const picture = { width: 2, height: 2, data: new Uint8ClampedArray(12) };
  const { svg } = matchChart({ title: 'a "plan"', left: picture, right: picture, partners: [0, 0, 2, 3] });
  expect(svg.match(/<line [^>]*stroke="#009e73"/g)).toHaveLength(3);
  expect(svg.match(/<line [^>]*stroke="#0072b2"/g)).toHaveLength(1);
  expect(svg).toContain('aria-label="a &quot;plan&quot;"');
});
