import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, Random, stateDict, loadStateDict, torchInit } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PosEmbMLPSwinv1D, PosEmbMLPSwinv2D } from '../src/index.js';
import { apart, normal } from './tiny-models.js';

const init = torchInit(new Random(1));

test('1D: adds the same positions to every sample, whatever its values', () =>
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 1e6 }), (side, dim, seed) => {
      const layer = new PosEmbMLPSwinv1D({ dim, rank: 2 }, init);
      tf.tidy(() => {
        const x = normal<tf.Rank.R3>([2, side * side, dim], seed);
        const [first, second] = tf.split(tf.sub(layer.call(x), x), 2);
        expect(apart(first, second)).toBeLessThan(1e-6);
        expect(apart(first, layer.call(tf.zeros([1, side * side, dim])))).toBeLessThan(1e-6);
      });
      disposeModule(layer);
    }),
    { numRuns: 15, seed: 1 },
  ));

test('1D: Conv1d layers of a checkpoint mean the same as Linear ones', () => {
  const linear = new PosEmbMLPSwinv1D({ dim: 3, rank: 2 }, init);
  const conv = new PosEmbMLPSwinv1D({ dim: 3, rank: 2, conv: true }, init);
  const state = new Map(
    [...stateDict(linear)].map(([name, { shape, data }]) => [name, { shape: shape.length === 2 ? [...shape, 1] : shape, data }]),
  );
  loadStateDict(conv, state);
  tf.tidy(() => {
    const x = normal<tf.Rank.R3>([2, 9, 3], 1);
    expect(apart(linear.call(x), conv.call(x))).toBe(0);
  });
  for (const layer of [linear, conv]) disposeModule(layer);
});

test('2D: the bias depends on the offset alone, lies in (0, 16), and passes the carrier tokens by', () =>
  fc.assert(
    fc.property(
      fc.record({
        h: fc.integer({ min: 2, max: 4 }),
        w: fc.integer({ min: 2, max: 4 }),
        carriers: fc.integer({ min: 0, max: 4 }),
        noLog: fc.boolean(),
      }),
      ({ h, w, carriers, noLog }) => {
        const layer = new PosEmbMLPSwinv2D({ windowSize: [h, w], numHeads: 1, noLog }, init);
        const tokens = carriers + h * w;
        const bias = tf.tidy(() => layer.call(tf.zeros([1, 1, tokens, tokens])).arraySync()[0][0]);
        const byOffset = new Map<string, number>();
        for (let p = 0; p < tokens; p++) {
          for (let q = 0; q < tokens; q++) {
            const [i, j] = [p - carriers, q - carriers];
            if (i < 0 || j < 0) {
              expect(bias[p][q]).toBe(0);
              continue;
            }
            expect(bias[p][q]).toBeGreaterThan(0);
            expect(bias[p][q]).toBeLessThan(16);
            const offset = `${Math.floor(i / w) - Math.floor(j / w)},${(i % w) - (j % w)}`;
            expect(bias[p][q]).toBe(byOffset.get(offset) ?? bias[p][q]);
            byOffset.set(offset, bias[p][q]);
          }
        }
        expect(new Set(byOffset.values()).size).toBe((2 * h - 1) * (2 * w - 1));
        disposeModule(layer);
      },
    ),
    { numRuns: 15, seed: 1 },
  ));

test.each([
  ['a grid of one token', (x: PosEmbMLPSwinv1D) => x.call(tf.zeros([2, 1, 4])), 'more than one token an axis, got [2,1,4]'],
  ['tokens that fill no square', (x: PosEmbMLPSwinv1D) => x.call(tf.zeros([2, 6, 4])), 'square number of tokens, got 6'],
  ['other channels', (x: PosEmbMLPSwinv1D) => x.call(tf.zeros([2, 4, 3])), 'PosEmbMLPSwinv1D: x must have shape [*,*,4], got [2,4,3]'],
])('1D refuses %s', (_name, call, message) => {
  const layer = new PosEmbMLPSwinv1D({ dim: 4, rank: 2 }, init);
  tf.tidy(() => {
    expect(() => call(layer)).toThrow(message);
  });
  disposeModule(layer);
});

test.each([
  [[1, 3], 3, 'a window needs more than one token an axis, got [1,3]'],
  [[3, 3], 4, 'attention of 4 tokens is smaller than the window [3,3]'],
] as const)('2D refuses a window of %s among %i tokens', (windowSize, tokens, message) => {
  const layer = new PosEmbMLPSwinv2D({ windowSize, numHeads: 1 }, init);
  tf.tidy(() => {
    expect(() => layer.call(tf.zeros([1, 1, tokens, tokens]))).toThrow(message);
  });
  disposeModule(layer);
});
