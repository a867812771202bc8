import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';

const size = fc.integer({ min: 1, max: 8 });
const shapes = fc.record({ batch: fc.integer({ min: 1, max: 3 }), n: size, m: size, d: fc.integer({ min: 2, max: 6 }), seed: fc.integer({ min: 1, max: 1e9 }) }); // prettier-ignore

export interface TokenPairs {
  readonly batch: number;
  readonly n: number;
  readonly m: number;
  readonly d: number;
  readonly seed: number;
  readonly x: tf.Tensor3D; // [batch,n,d], normal
  readonly y: tf.Tensor3D; // [batch,m,d]
}

/** Checks a law on seeded token sequences; tensors made by the check are freed. */
export function forAllTokens(check: (pairs: TokenPairs) => void, numRuns = 25): void {
  fc.assert(
    fc.property(shapes, ({ batch, n, m, d, seed }) => {
      tf.tidy(() => check({ batch, n, m, d, seed, x: tokens([batch, n, d], seed), y: tokens([batch, m, d], seed + 1) }));
    }),
    { numRuns, seed: 1 },
  );
}

export const tokens = (shape: [number, number, number], seed: number): tf.Tensor3D => tf.randomNormal(shape, 0, 1, 'float32', seed);
export const value = (x: tf.Tensor): number => x.dataSync()[0];
export const apart = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => value(tf.max(tf.abs(tf.sub(a, b)))));
export const allFinite = (...tensors: tf.Tensor[]): boolean => tensors.every((x) => [...x.dataSync()].every(Number.isFinite));
