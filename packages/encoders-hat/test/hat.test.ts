import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, Random, torchInit, TrainPass } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HatBlock, HatLayer, TokenInitializer, WindowAttention, type HatBlockConfig, type HatLayerConfig } from '../src/index.js';
import { apart, normal, seeded } from './tiny-models.js';

const init = torchInit(new Random(2));
const block: HatBlockConfig = { dim: 4, numHeads: 2, windowSize: 2, srRatio: [2, 2], ctSize: 1 };
const layer: HatLayerConfig = {
  dim: 4,
  depth: 2,
  inputResolution: [6, 6],
  numHeads: 2,
  windowSize: 3,
  ctSize: 2,
  conv: false,
  downsample: false,
};

/** Adds 100 to the first channel of the first pixel of an [N,H,W,C] image. */
const touched = (x: tf.Tensor4D): tf.Tensor4D =>
  tf.tidy(() => {
    const buffer = tf.buffer(x.shape);
    buffer.set(100, 0, 0, 0, 0);
    return tf.add(x, buffer.toTensor());
  });

test.each([
  [true, 0],
  [false, 1e-6],
])('a change in one window reaches the others only through carrier tokens: onlyLocal %s', (onlyLocal, least) => {
  const stage = new HatLayer({ ...layer, onlyLocal, doPropagation: true }, seeded(3));
  tf.tidy(() => {
    const x = normal<tf.Rank.R4>([1, 6, 6, 4], 5);
    const farCorner = (image: tf.Tensor4D): tf.Tensor => tf.slice(stage.call(image, 'eval'), [0, 3, 3, 0], [1, 3, 3, 4]);
    const reached = apart(farCorner(x), farCorner(touched(x)));
    if (least === 0) expect(reached).toBe(0);
    else expect(reached).toBeGreaterThan(least);
  });
  disposeModule(stage);
});

test('every size of features keeps its shape, and no sample sees another', () => {
  const stage = new HatLayer(layer, seeded(4));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 1e6 }), (h, w, seed) => {
      tf.tidy(() => {
        const x = normal<tf.Rank.R4>([2, h, w, 4], seed);
        const y = stage.call(x, 'eval');
        expect(y.shape).toEqual(x.shape);
        const alone = stage.call(tf.slice(x, 1, 1), 'eval');
        expect(apart(tf.slice(y, 1, 1), alone)).toBeLessThan(1e-5);
      });
    }),
    { numRuns: 20, seed: 1 },
  );
  disposeModule(stage);
});

test('drop path drops whole samples, all their windows together, and scales the others', () => {
  const half = new HatBlock({ ...block, srRatio: [1, 1], dropPathRate: 0.5 }, init);
  const pass = new TrainPass(7);
  tf.tidy(() => {
    const x = tf.tile(normal<tf.Rank.R3>([2, 4, 4], 1), [16, 1, 1]) as tf.Tensor3D; // 16 equal samples of 2 windows
    const y = half.call({ x, grid: [1, 2] }, pass).x;
    const kinds = new Set((tf.reshape(y, [16, -1]).arraySync() as number[][]).map((sample) => sample.map((v) => v.toFixed(4)).join()));
    expect(kinds.size).toBeGreaterThan(1);
    expect(kinds.size).toBeLessThanOrEqual(4); // each of two branches dropped or not
    expect(kinds.has([...half.posEmbed.call(tf.slice(x, 0, 2)).dataSync()].map((v) => v.toFixed(4)).join())).toBe(true); // both dropped
  });
  pass.dispose();
  disposeModule(half);
});

test('without drop path training is evaluation, as layer norm keeps no statistics', () => {
  const hat = new HatBlock(block, init);
  const pass = new TrainPass(1);
  tf.tidy(() => {
    const inputs = { x: normal<tf.Rank.R3>([4, 4, 4], 1), carrierTokens: normal<tf.Rank.R3>([1, 4, 4], 2) };
    expect(apart(hat.call(inputs, pass).x, hat.call(inputs, 'eval').x)).toBe(0);
  });
  pass.dispose();
  disposeModule(hat);
});

test('carrier tokens are means over their areas: of a constant image, one constant inside the border', () => {
  const tokenizer = new TokenInitializer({ dim: 2, windowSize: 6, ctSize: 2 }, init);
  tf.tidy(() => {
    const tokens = tokenizer.call(tf.ones([1, 12, 18, 2]));
    expect(tokens.shape).toEqual([1, 24, 2]);
    const filterSums = tf.add(tf.sum(tokenizer.posEmbed.weight, [0, 1, 2]), tokenizer.posEmbed.bias!);
    const inner = tf.slice(tokens, [0, 7, 0], [1, 1, 2]); // window (0, 1), token (1, 1): touches no edge of the image
    expect(apart(tf.reshape(inner, [2]), filterSums)).toBeLessThan(1e-5);
  });
  disposeModule(tokenizer);
});

test.each([
  ['a window of one token', { ...block, windowSize: 1 }, 'HatBlock: windowSize must be at least 2, got 1'],
  ['a grid of one carrier token', { ...block, srRatio: [1, 2] as const }, 'srRatio [1,2] with ctSize 1 leaves a grid of one carrier token'],
])('is not built with %s', (_name, config, message) => {
  const before = tf.memory().numTensors;
  expect(() => new HatBlock(config, init)).toThrow(message);
  expect(tf.memory().numTensors).toBe(before);
});

test('names what does not fit', () => {
  const hat = new HatBlock(block, init);
  const local = new HatLayer({ ...layer, inputResolution: [3, 3] }, seeded(1));
  const wide = new HatLayer({ ...layer, inputResolution: [3, 6] }, seeded(1));
  const attention = new WindowAttention({ dim: 4, numHeads: 2, resolution: 2 }, init);
  const tokenizer = new TokenInitializer({ dim: 4, windowSize: 3, ctSize: 1 }, init);
  expect(() => new WindowAttention({ dim: 4, numHeads: 3, resolution: 2 }, init)).toThrow('numHeads must divide dim (4), got 3');
  tf.tidy(() => {
    const x = tf.zeros<tf.Rank.R3>([4, 4, 4]);
    expect(() => hat.call({ x }, 'eval')).toThrow('HatBlock: carrierTokens must be given on a grid of [2,2] windows');
    expect(() => hat.call({ x, carrierTokens: tf.zeros([1, 5, 4]) }, 'eval')).toThrow('carrierTokens must have shape [1,4,4], got [1,5,4]');
    expect(() => hat.call({ x: tf.zeros([3, 4, 4]) }, 'eval')).toThrow('x must have a multiple of 4 windows, got [3,4,4]');
    expect(() => local.call(tf.zeros([1, 6, 6, 4]), 'eval')).toThrow('on a grid of [2,2] windows, built for [1,1]');
    expect(() => wide.call(tf.zeros([1, 6, 6, 4]), 'eval')).toThrow('on a grid of [2,2] windows, built for [1,2]');
    expect(() => wide.call(tf.zeros([1, 6, 6, 3]), 'eval')).toThrow('HatLayer: x must have shape [*,*,*,4], got [1,6,6,3]');
    expect(() => attention.call(tf.zeros([1, 4, 5]))).toThrow('WindowAttention: x must have shape [*,*,4], got [1,4,5]');
    expect(() => tokenizer.call(tf.zeros([1, 6, 7, 4]))).toThrow('multiples of windowSize 3, got [1,6,7,4]');
  });
  for (const module of [hat, local, wide, attention, tokenizer]) disposeModule(module);
});
