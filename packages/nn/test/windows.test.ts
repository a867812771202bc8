import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeWindows, partitionWindows } from '../src/ops/windows.js';

const grids = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 1, max: 4 }),
  columns: fc.integer({ min: 1, max: 4 }),
  size: fc.integer({ min: 1, max: 4 }),
  channels: fc.integer({ min: 1, max: 3 }),
});

test('merging undoes partitioning, and the other way round', () =>
  fc.assert(
    fc.property(grids, ({ n, rows, columns, size, channels }) => {
      tf.tidy(() => {
        const shape: [number, number, number, number] = [n, rows * size, columns * size, channels];
        const image = tf.reshape(tf.range(0, tf.util.sizeFromShape(shape)), shape) as tf.Tensor4D;
        const windows = partitionWindows(image, size);
        expect(windows.shape).toEqual([n * rows * columns, size * size, channels]);
        const merged = mergeWindows(windows, [rows, columns]);
        expect(merged.shape).toEqual(shape);
        expect(merged.dataSync()).toEqual(image.dataSync());
        expect(partitionWindows(merged, size).dataSync()).toEqual(windows.dataSync());
      });
    }),
    { numRuns: 40, seed: 1 },
  ));

test('windows and their tokens go row by row', () => {
  const image = tf.reshape(tf.range(0, 24), [1, 4, 6, 1]) as tf.Tensor4D;
  const windows = partitionWindows(image, 2);
  expect(windows.arraySync().map((window) => window.flat())).toEqual([
    [0, 1, 6, 7],
    [2, 3, 8, 9],
    [4, 5, 10, 11],
    [12, 13, 18, 19],
    [14, 15, 20, 21],
    [16, 17, 22, 23],
  ]);
  tf.dispose([image, windows]);
});
