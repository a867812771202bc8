import { Random } from '@rs/nn';
import { sampleStages } from '@rs/stars-align';
import * as tf from '@tensorflow/tfjs-core';
import { bench, describe } from 'vitest';

/** Labels in squares of 16 pixels, eight classes. */
const labelsOf = (side: number): tf.Tensor3D =>
  tf.tensor3d(
    Int32Array.from({ length: 8 * side * side }, (_, i) => ((i >> 4) + Math.floor(i / side / 16)) % 8),
    [8, side, side],
    'int32',
  );

// One batch of eight, host and engine together. The share of a real train step stands under the tables of a run.
describe('pixels of L_psc for one train step', () => {
  const [small, large] = [labelsOf(64), labelsOf(512)];
  const random = new Random(1);
  bench('stages 2 and 3 of 64 x 64, 32 a class', () => {
    tf.dispose(sampleStages(small, { stages: [2, 3], numClasses: 8, perClass: 32 }, random));
  });
  bench('stages 3 and 4 of 512 x 512, 32 a class', () => {
    tf.dispose(sampleStages(large, { stages: [3, 4], numClasses: 8, perClass: 32 }, random));
  });
  bench('stages 3 and 4 of 512 x 512, every pixel', () => {
    tf.dispose(sampleStages(large, { stages: [3, 4], numClasses: 8, perClass: 'all' }, random));
  });
});
