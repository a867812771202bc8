import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { predictWindows } from '../src/index.js';

type Scene = { optical: tf.Tensor4D; sar: tf.Tensor4D };

/** Stands in for a network whose output at a pixel depends on that pixel alone: any division into windows must then give the same maps. */
const pixelwise = ({ optical, sar }: Scene) => ({ logits: tf.concat([optical, sar], -1), colours: tf.mul<tf.Tensor4D>(optical, 2) });

const scenes = fc.record({
  height: fc.integer({ min: 1, max: 20 }),
  width: fc.integer({ min: 1, max: 20 }),
  window: fc.integer({ min: 1, max: 12 }),
  overlap: fc.nat({ max: 11 }),
  microBatch: fc.integer({ min: 1, max: 5 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

test('windows of a pixelwise network give what one pass gives, and keep no tensor', () => {
  fc.assert(
    fc.property(scenes, ({ height, width, window, overlap, microBatch, seed }) => {
      const optical = tf.randomUniform<tf.Rank.R4>([1, height, width, 3], 0, 1, 'float32', seed);
      const sar = tf.randomUniform<tf.Rank.R4>([1, height, width, 2], 0, 1, 'float32', seed + 1);
      const before = tf.memory().numTensors;
      const maps = predictWindows(pixelwise, { optical, sar }, { window, stride: window - (overlap % window), microBatch });
      expect(tf.memory().numTensors).toBe(before);
      const once = pixelwise({ optical, sar });
      for (const name of ['logits', 'colours'] as const) {
        expect(maps[name].shape).toEqual(once[name].shape);
        const wanted = once[name].dataSync();
        maps[name].data.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 5));
      }
      tf.dispose([optical, sar, once.logits, once.colours]);
    }),
    { numRuns: 40, seed: 1 },
  );
});

test('overlapping windows are averaged: a network that says its window number', () => {
  let next = 0;
  const images = { image: tf.zeros<tf.Rank.R4>([1, 1, 3, 1]) };
  const numbered = ({ image }: typeof images) => ({ number: tf.fill<tf.Rank.R4>(image.shape, next++) });
  const { number } = predictWindows(numbered, images, { window: 2, stride: 1, microBatch: 1 });
  expect([...number.data]).toEqual([0, 0.5, 1]);
  images.image.dispose();
});

const blank = (height: number, width: number): Scene => ({
  optical: tf.zeros([1, height, width, 4]),
  sar: tf.zeros([1, height, width, 2]),
});

test('labels of M3M-CR lie on a grid of three tenths: windows at 0, 80, 140 fall on 0, 24, 42', () => {
  const scene = blank(300, 300);
  const { logits, colours } = predictWindows(pixelwise, scene, { window: 160, stride: 80, microBatch: 4, grids: { logits: [90, 90] } });
  expect([logits.shape, colours.shape]).toEqual([
    [1, 90, 90, 6],
    [1, 300, 300, 4],
  ]);
  expect(logits.data.every((value) => value === 0)).toBe(true);
  tf.dispose(scene);
});

test('a window that cuts a pixel of an output grid is refused', () => {
  const scene = blank(30, 30);
  expect(() => predictWindows(pixelwise, scene, { window: 16, stride: 8, microBatch: 1, grids: { logits: [9, 9] } })).toThrow(
    "of an output's grid, expected a whole pixel",
  );
  tf.dispose(scene);
});

test('an output that the network has not is left out', () => {
  const scene = blank(4, 4);
  const forward = ({ optical }: Scene): { logits: tf.Tensor4D; colours?: tf.Tensor4D } => ({
    logits: tf.clone(optical),
    colours: undefined,
  });
  const maps = predictWindows(forward, scene, { window: 2, stride: 2, microBatch: 2 });
  expect(Object.keys(maps)).toEqual(['logits']);
  tf.dispose(scene);
});
