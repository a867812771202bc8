import * as tf from '@tensorflow/tfjs-core';
import { kaimingNormalInit, Random, type Init } from '@rs/nn';
import fc from 'fast-check';

/** A small batch of feature maps and a seed for its values. */
const batch = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  h: fc.integer({ min: 2, max: 5 }),
  w: fc.integer({ min: 1, max: 5 }),
  c: fc.integer({ min: 1, max: 6 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

export interface Maps {
  readonly channels: number;
  readonly seed: number;
  /** The i-th of any number of independent normal maps. */
  map(i: number): tf.Tensor4D;
}

/** Checks a law on seeded feature maps; tensors made by the check are freed. */
export function forAllMaps(check: (maps: Maps) => void, numRuns = 15): void {
  fc.assert(
    fc.property(batch, ({ n, h, w, c, seed }) => {
      tf.tidy(() => check({ channels: c, seed, map: (i) => normal([n, h, w, c], seed + i) }));
    }),
    { numRuns, seed: 1 },
  );
}

export const normal = (shape: [number, number, number, number], seed: number): tf.Tensor4D =>
  tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed);
export const init = (seed = 0): Init => kaimingNormalInit(new Random(seed));
export const value = (x: tf.Tensor): number => x.dataSync()[0];
export const largest = (x: tf.Tensor): number => value(tf.max(tf.abs(x)));
export const apart = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => largest(tf.sub(a, b)));

/** The images of a batch in reverse order. */
export const reversed = <T extends tf.Tensor>(x: T): T => tf.reverse(x, 0);
