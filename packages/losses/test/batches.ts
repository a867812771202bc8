import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';

const size = fc.integer({ min: 1, max: 5 });
const shapes = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  h: size,
  w: size,
  c: fc.integer({ min: 2, max: 5 }),
  seed: fc.integer({ min: 1, max: 1e9 }),
});

export interface Batch {
  readonly images: tf.Tensor4D; // [N,H,W,C], normal
  readonly others: tf.Tensor4D; // the same, independent
  readonly labels: tf.Tensor3D; // [N,H,W] 0..C-1, about a third 255
  readonly mask: tf.Tensor3D; // [N,H,W] 0 or 1
}

/** Checks a law on 40 seeded batches; tensors made by the check are freed. */
export function forAllBatches(check: (batch: Batch) => void): void {
  fc.assert(
    fc.property(shapes, ({ n, h, w, c, seed }) => {
      tf.tidy(() => {
        const coin = (offset: number, below: number): tf.Tensor3D => tf.randomUniformInt([n, h, w], 0, below, seed + offset) as tf.Tensor3D;
        check({
          images: tf.randomNormal([n, h, w, c], 0, 1, 'float32', seed),
          others: tf.randomNormal([n, h, w, c], 0, 1, 'float32', seed + 1),
          labels: tf.where(tf.equal(coin(2, 3), 0), tf.fill([n, h, w], 255, 'int32'), coin(3, c)),
          mask: coin(4, 2),
        });
      });
    }),
    { numRuns: 40, seed: 1 },
  );
}

export const value = (x: tf.Tensor): number => x.dataSync()[0];

/** Largest difference of two tensors of one shape. */
export const apart = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => value(tf.max(tf.abs(tf.sub(a, b)))));
