import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';

/** A small image batch [n,h,w,c] and a seed for its values. */
export const map = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  h: fc.integer({ min: 3, max: 8 }),
  w: fc.integer({ min: 3, max: 8 }),
  c: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 0, max: 1_000_000 }),
});

/** Checks a law on drawn values, in a tidy. */
export function forAll<T>(arbitrary: fc.Arbitrary<T>, law: (value: T) => void, numRuns = 25): void {
  fc.assert(
    fc.property(arbitrary, (value) => tf.tidy(() => law(value))),
    { numRuns, seed: 1 },
  );
}
