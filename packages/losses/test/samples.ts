import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';

const count = fc.integer({ min: 2, max: 9 });
const shapes = fc.record({
  b: fc.integer({ min: 1, max: 3 }),
  n: count,
  m: count,
  d: fc.integer({ min: 1, max: 5 }),
  seed: fc.integer({ min: 1, max: 1e9 }),
});

export interface Samples {
  readonly x: tf.Tensor3D; // [B,n,d], normal
  readonly y: tf.Tensor3D; // [B,m,d], normal of mean 0.5
  readonly z: tf.Tensor3D; // [B,n,d], independent of x
}

/** Checks a law on 40 seeded pairs of samples; tensors made by the check are freed. */
export function forAllSamples(check: (samples: Samples) => void): void {
  fc.assert(
    fc.property(shapes, ({ b, n, m, d, seed }) => {
      tf.tidy(() =>
        check({
          x: tf.randomNormal([b, n, d], 0, 1, 'float32', seed),
          y: tf.randomNormal([b, m, d], 0.5, 1, 'float32', seed + 1),
          z: tf.randomNormal([b, n, d], 0, 2, 'float32', seed + 2),
        }),
      );
    }),
    { numRuns: 40, seed: 1 },
  );
}
