import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { predictPatch, type ForwardInputs } from '../src/sliding-windows.js';

/** Stands in for a network whose output at a pixel depends on that pixel alone: any division into windows must then give the same map. */
const pixelwise = ({ optical, sar }: ForwardInputs) => ({
  headLogits: tf.concat([optical, sar], -1),
  reconstruction: tf.mul<tf.Tensor4D>(optical, 2),
});

const scenes = fc.record({
  side: fc.integer({ min: 8, max: 24 }),
  window: fc.integer({ min: 2, max: 6 }),
  microBatch: fc.integer({ min: 1, max: 5 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

test('windows of a pixelwise network give what one pass gives', () => {
  fc.assert(
    fc.property(scenes, ({ side, window, microBatch, seed }) => {
      const optical = tf.randomUniform<tf.Rank.R4>([1, side, side, 4], 0, 1, 'float32', seed);
      const sar = tf.randomUniform<tf.Rank.R4>([1, side, side, 2], 0, 1, 'float32', seed + 1);
      const before = tf.memory().numTensors;
      const { logits, reconstruction } = predictPatch(pixelwise, optical, sar, [side, side], {
        window: 2 * window,
        stride: window,
        microBatch,
      });
      expect(tf.memory().numTensors).toBe(before);
      const once = pixelwise({ optical, sar });
      const wanted = once.headLogits.dataSync();
      logits.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 5));
      const colours = once.reconstruction.dataSync();
      reconstruction?.forEach((value, i) => expect(value).toBeCloseTo(colours[i], 5));
      tf.dispose([optical, sar, once.headLogits, once.reconstruction]);
    }),
    { numRuns: 20, seed: 1 },
  );
});

test('labels of M3M-CR lie on a grid of three tenths: windows at 0, 80, 140 fall on 0, 24, 42', () => {
  const [optical, sar] = [tf.zeros<tf.Rank.R4>([1, 300, 300, 4]), tf.zeros<tf.Rank.R4>([1, 300, 300, 2])];
  const { logits, reconstruction } = predictPatch(pixelwise, optical, sar, [90, 90], { window: 160, stride: 80, microBatch: 4 });
  expect(logits).toHaveLength(90 * 90 * 6);
  expect(reconstruction).toHaveLength(300 * 300 * 4);
  expect(logits.every((value) => value === 0)).toBe(true);
  tf.dispose([optical, sar]);
});

test('a window that cuts a label pixel is refused', () => {
  const [optical, sar] = [tf.zeros<tf.Rank.R4>([1, 30, 30, 4]), tf.zeros<tf.Rank.R4>([1, 30, 30, 2])];
  expect(() => predictPatch(pixelwise, optical, sar, [9, 9], { window: 16, stride: 8, microBatch: 1 })).toThrow(
    'of the label grid, expected a whole pixel',
  );
  tf.dispose([optical, sar]);
});
