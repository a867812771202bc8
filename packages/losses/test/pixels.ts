import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';

const shapes = fc.record({
  m: fc.integer({ min: 1, max: 12 }),
  c: fc.integer({ min: 1, max: 6 }),
  k: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 1, max: 1e9 }),
});

export interface Pixels {
  readonly f1: tf.Tensor2D; // [M,C], normal
  readonly f2: tf.Tensor2D; // [M,C], independent of f1
  readonly labels: tf.Tensor1D; // [M] 0..3
  readonly order: tf.Tensor1D; // [M] a permutation of the rows
  readonly factors: tf.Tensor2D; // [M,1] in 0.5..2
}

/** Checks a law on 40 seeded sets of pixels; tensors made by the check are freed. */
export function forAllPixels(check: (pixels: Pixels) => void): void {
  fc.assert(
    fc.property(shapes, ({ m, c, k, seed }) => {
      tf.tidy(() =>
        check({
          f1: tf.randomNormal([m, c], 0, 1, 'float32', seed),
          f2: tf.randomNormal([m, c], 0, 1, 'float32', seed + 1),
          labels: tf.randomUniformInt([m], 0, k, seed + 2) as tf.Tensor1D,
          order: tf.topk(tf.randomUniform([m], 0, 1, 'float32', seed + 3), m).indices as tf.Tensor1D,
          factors: tf.randomUniform([m, 1], 0.5, 2, 'float32', seed + 4),
        }),
      );
    }),
    { numRuns: 40, seed: 1 },
  );
}
