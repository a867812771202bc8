import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';

const size = fc.integer({ min: 1, max: 6 });
const shapes = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  h: size,
  w: size,
  c: fc.integer({ min: 1, max: 5 }),
  seed: fc.integer({ min: 1, max: 1e9 }),
});

export interface Maps {
  readonly shape: readonly [number, number, number, number];
  readonly seed: number;
  /** The i-th of any number of independent normal maps; [N,H,W,C] or the given number of channels. */
  map(i: number, channels?: number): tf.Tensor4D;
}

/** Checks a law on seeded feature maps; tensors made by the check are freed. */
export function forAllMaps(check: (maps: Maps) => void, numRuns = 25): void {
  fc.assert(
    fc.property(shapes, ({ n, h, w, c, seed }) => {
      tf.tidy(() => {
        const map = (i: number, channels = c): tf.Tensor4D => tf.randomNormal([n, h, w, channels], 0, 1, 'float32', seed + i);
        check({ shape: [n, h, w, c], seed, map });
      });
    }),
    { numRuns, seed: 1 },
  );
}

export const value = (x: tf.Tensor): number => x.dataSync()[0];
export const apart = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => value(tf.max(tf.abs(tf.sub(a, b)))));

/** The images of a batch in reverse order. */
export const reversed = <T extends tf.Tensor>(x: T): T => tf.reverse(x, 0);
