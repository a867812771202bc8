import * as tf from '@tensorflow/tfjs-core';
import { disposeModule } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AggregatorLayer, ClassAggregator, SpatialAggregator, type AttentionType } from '../src/index.js';
import { cyclicShift, shiftMask } from '../src/shifted-windows.js';
import { apart, freeing, initOf, leftBehind, normal, reordered } from './volumes.js';

const seeds = fc.integer({ min: 1, max: 1e6 });
const types = fc.constantFrom<AttentionType>('linear', 'full');

const spatial = (seed: number, windowSize = 4, guidanceDim = 3): SpatialAggregator =>
  new SpatialAggregator({ dim: 4, guidanceDim, resolution: [8, 8], heads: 2, windowSize }, initOf(seed));

test('over pixels, classes do not meet: each is aggregated as if alone', () =>
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 3 }), (seed, classes) =>
      freeing(() => {
        const aggregator = spatial(seed);
        const x = normal<tf.Tensor4D>([2 * classes, 8, 8, 4], seed);
        const guidance = normal<tf.Tensor4D>([2, 8, 8, 3], seed + 1);
        const together = aggregator.call(x, guidance);
        const last = tf.slice(x, [x.shape[0] - 1, 0, 0, 0]);
        const alone = aggregator.call(last, tf.slice(guidance, [1, 0, 0, 0]));
        expect(apart(tf.slice(together, [x.shape[0] - 1, 0, 0, 0]), alone)).toBeLessThan(1e-5);
        disposeModule(aggregator);
      }),
    ),
    { numRuns: 6, seed: 1 },
  ));

test('a shifted map comes back, and its windows hold nothing that was far away', () =>
  freeing(() => {
    const x = normal<tf.Tensor4D>([1, 6, 9, 2], 1);
    expect(apart(cyclicShift(cyclicShift(x, 2), -2), x)).toBe(0);
    expect(cyclicShift(x, 2).arraySync()[0][0][0]).toEqual(x.arraySync()[0][2][2]);
    const mask = shiftMask({ resolution: [6, 6], windowSize: 3, shift: 1 });
    expect(mask.subarray(0, 81).every((value) => value === 0)).toBe(true); // the first window is whole
    const last = mask.subarray(81 * 3); // its last pixel came from the map's first row and column
    expect([...last.subarray(8 * 9, 9 * 9)]).toEqual([-100, -100, -100, -100, -100, -100, -100, -100, 0]);
  }));

/** Where the output moves when a pixel of the input does. */
function touched(aggregator: SpatialAggregator, [row, column]: readonly [number, number]): boolean[][] {
  return tf.tidy(() => {
    const x = normal<tf.Tensor4D>([1, 8, 8, 4], 1);
    const poke = tf.buffer([1, 8, 8, 4]);
    for (const channel of [0, 1, 2, 3]) poke.set(channel + 1, 0, row, column, channel);
    const difference = tf.sub(aggregator.call(x), aggregator.call(tf.add(x, poke.toTensor())));
    return tf.greater(tf.max(tf.abs(tf.squeeze(difference)), -1), 1e-4).arraySync() as unknown as boolean[][];
  });
}

test('a pixel reaches its window and, by the shifted ones, the windows around, not across the edge', () => {
  const aggregator = spatial(1, 4, 0);
  const reached = touched(aggregator, [0, 0]);
  expect(Boolean(reached[3][3])).toBe(true);
  expect(Boolean(reached[5][5])).toBe(true); // block 2's window of rows and columns 2..5
  expect(Boolean(reached[7][7])).toBe(false); // with the first pixel in a window of the shifted map, but masked
  disposeModule(aggregator);
});

test('one padding token counts for all: classes that equal it change nothing', () =>
  fc.assert(
    fc.property(seeds, types, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), (seed, attentionType, classes, missing) =>
      freeing(() => {
        const config = { hiddenDim: 4, guidanceDim: 3, heads: 2, attentionType, poolingSize: [2, 2] } as const;
        const aggregator = new ClassAggregator({ ...config, padLen: classes + missing }, initOf(seed));
        aggregator.paddingTokens!.assign(normal([1, 1, 4], seed));
        aggregator.paddingGuidance!.assign(normal([1, 1, 3], seed + 1));
        const x = normal<tf.Tensor4D>([classes, 4, 4, 4], seed + 2);
        const guidance = normal<tf.Tensor3D>([1, classes, 3], seed + 3);
        const filled = tf.concat([x, tf.tile(tf.reshape(aggregator.paddingTokens!, [1, 1, 1, 4]), [missing, 4, 4, 1])]) as tf.Tensor4D;
        const filledGuidance = tf.concat([guidance, tf.tile(aggregator.paddingGuidance!, [1, missing, 1])], 1);
        const explicit = tf.slice(aggregator.call(filled, 1, filledGuidance), 0, classes);
        expect(apart(aggregator.call(x, 1, guidance), explicit)).toBeLessThan(1e-5);
        disposeModule(aggregator);
      }),
    ),
    { numRuns: 12, seed: 1 },
  ));

test('another order of the classes is another order of the result', () =>
  fc.assert(
    fc.property(seeds, types, (seed, attentionType) =>
      freeing(() => {
        const layer = new AggregatorLayer(
          {
            hiddenDim: 4,
            textGuidanceDim: 3,
            appearanceGuidanceDim: 2,
            heads: 2,
            resolution: [4, 4],
            windowSize: 2,
            attentionType,
            padLen: 5,
          },
          initOf(seed),
        );
        const order = [2, 0, 1];
        const x = normal<tf.Tensor4D>([3, 4, 4, 4], seed);
        const text = normal<tf.Tensor3D>([1, 3, 3], seed + 1);
        const appearance = normal<tf.Tensor4D>([1, 4, 4, 2], seed + 2);
        const permutedText = tf.expandDims(reordered(tf.squeeze(text, [0]), order), 0) as tf.Tensor3D;
        const permuted = layer.call({ x: reordered(x, order), batch: 1, appearance, text: permutedText });
        expect(apart(permuted, reordered(layer.call({ x, batch: 1, appearance, text }), order))).toBeLessThan(1e-5);
        disposeModule(layer);
      }),
    ),
    { numRuns: 6, seed: 1 },
  ));

test('without guidance there is none, and nothing is left behind', () => {
  const pixels = spatial(1, 12, 0);
  const classes = new ClassAggregator({ hiddenDim: 4, guidanceDim: 0, heads: 1, poolingSize: null, padLen: 4 }, initOf(1));
  const x = normal<tf.Tensor4D>([2, 8, 8, 4], 1);
  expect(leftBehind(() => pixels.call(x))).toBe(0);
  expect(leftBehind(() => classes.call(x, 1))).toBe(0);
  expect(classes.paddingGuidance).toBeUndefined();
  x.dispose();
  disposeModule(pixels);
  disposeModule(classes);
});

test('says what does not fit', () => {
  const config = { hiddenDim: 4, guidanceDim: 3, heads: 2 } as const;
  expect(() => new SpatialAggregator({ dim: 4, guidanceDim: 0, resolution: [8, 6], heads: 2, windowSize: 4 }, initOf(1))).toThrow(
    'SpatialAggregator: resolution must be multiples of the window (4), got [8,6]',
  );
  expect(() => new SpatialAggregator({ dim: 4, guidanceDim: 0, resolution: [8, 8], heads: 3 }, initOf(1))).toThrow(
    'heads must divide dim (4)',
  );
  expect(() => new ClassAggregator({ ...config, attentionType: 'cosine' as AttentionType }, initOf(1))).toThrow(
    'ClassAttention: attentionType must be one of linear, full, got "cosine"',
  );
  const pixels = spatial(1);
  const classes = new ClassAggregator(config, initOf(1));
  const x = tf.zeros<tf.Rank.R4>([3, 8, 8, 4]);
  expect(() => pixels.call(x)).toThrow('SpatialAggregator: guidance must be given, 3 channels');
  expect(() => pixels.call(x, tf.zeros([2, 8, 8, 3]))).toThrow('x must hold the classes of 2 images, got [3,8,8,4]');
  expect(() => pixels.call(tf.zeros([1, 4, 8, 4]))).toThrow('SpatialAggregator: x must have shape [*,8,8,4], got [1,4,8,4]');
  expect(() => classes.call(x, 2, tf.zeros([2, 1, 3]))).toThrow('ClassAggregator: x must hold the classes of 2 images');
  expect(() => classes.call(x, 1)).toThrow('ClassAggregator: guidance must be given, 3 channels');
  disposeModule(pixels);
  disposeModule(classes);
});
