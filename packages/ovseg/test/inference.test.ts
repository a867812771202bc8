import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeWindows, padOrCrop, postprocess, resizeLabel, resizeShortestEdge, slidingWindows } from '../src/index.js';
import { apart, freeing, leftBehind, normal } from './volumes.js';

const side = fc.integer({ min: 1, max: 12 });
const seeds = fc.integer({ min: 1, max: 1e6 });

test('scores lie in [0, 1] and have the size of the image', () =>
  fc.assert(
    fc.property(side, side, side, side, seeds, (h, w, height, width, seed) =>
      freeing(() => {
        const logits = tf.mul(normal<tf.Tensor4D>([1, h, w, 3], seed), 20) as tf.Tensor4D;
        for (const activation of ['sigmoid', 'softmax'] as const) {
          const scores = postprocess(logits, { height, width, activation });
          expect(scores.shape).toEqual([1, height, width, 3]);
          expect(tf.min(scores).dataSync()[0]).toBeGreaterThanOrEqual(0);
          expect(tf.max(scores).dataSync()[0]).toBeLessThanOrEqual(1 + 1e-6);
        }
        const softmax = postprocess(logits, { height, width, activation: 'softmax' });
        expect(apart(tf.sum(softmax, -1), tf.ones([1, height, width]))).toBeLessThan(1e-5);
      }),
    ),
    { numRuns: 15, seed: 1 },
  ));

test('only what lies within imageSize counts, and no more than there is', () =>
  freeing(() => {
    const logits = normal<tf.Tensor4D>([1, 4, 4, 2], 1);
    const cut = tf.slice4d(logits, [0, 0, 0, 0], [1, 3, 2, 2]);
    const size = { height: 6, width: 6 };
    expect(apart(postprocess(logits, { ...size, imageSize: [3, 2] }), postprocess(cut, size))).toBeLessThan(1e-6);
    expect(apart(postprocess(logits, { ...size, imageSize: [384, 384] }), postprocess(logits, size))).toBe(0);
    expect(() => postprocess(logits, { ...size, activation: 'relu' as 'sigmoid' })).toThrow('activation must be one of sigmoid, softmax');
  }));

test('merging the windows of a map gives the map back, beside the coarse view of it', () =>
  fc.assert(
    fc.property(
      fc.record({ kernel: fc.integer({ min: 2, max: 6 }), rows: fc.integer({ min: 0, max: 3 }), columns: fc.integer({ min: 0, max: 3 }) }),
      fc.constantFrom(0, 0.333, 0.5),
      seeds,
      ({ kernel, rows, columns }, overlap, seed) =>
        freeing(() => {
          const step = Math.floor(kernel * (1 - overlap));
          const outRes = [kernel + rows * step, kernel + columns * step] as const;
          const options = { kernel, overlap, outRes };
          const logits = normal<tf.Tensor4D>([1, ...outRes, 2], seed);
          const windows = slidingWindows(logits, options);
          expect(windows.shape).toEqual([(rows + 1) * (columns + 1) + 1, kernel, kernel, 2]);
          const whole = tf.slice4d(windows, [windows.shape[0] - 1, 0, 0, 0], [1, kernel, kernel, 2]);
          const coarse = tf.squeeze(postprocess(whole, { height: outRes[0], width: outRes[1] }), [0]);
          const local = tf.sub(tf.mul(mergeWindows(windows, options), 2), coarse);
          expect(apart(local, tf.squeeze(tf.sigmoid(logits), [0]))).toBeLessThan(1e-5);
        }),
    ),
    { numRuns: 20, seed: 1 },
  ));

test('refuses windows that do not cover the image, or are too few', () => {
  const image = tf.zeros<tf.Rank.R4>([1, 8, 8, 3]);
  expect(() => slidingWindows(image, { kernel: 4, overlap: 0, outRes: [8, 10] })).toThrow(
    'slidingWindows: outRes must be 4 plus a multiple of the step 4, got [8,10]',
  );
  expect(() => slidingWindows(image, { kernel: 4, overlap: 1, outRes: [8, 8] })).toThrow(
    'overlap must be at least 0 and leave a step, got 1',
  );
  expect(() => mergeWindows(image, { kernel: 4, overlap: 0, outRes: [8, 8] })).toThrow('mergeWindows: logits must have shape [5,*,*,*]');
  expect(() => slidingWindows(tf.zeros([2, 8, 8, 3]))).toThrow('slidingWindows: image must have shape [1,*,*,*], got [2,8,8,3]');
  expect(leftBehind(() => slidingWindows(image, { kernel: 4, overlap: 0, outRes: [8, 8] }))).toBe(0);
  image.dispose();
});

test('the shorter side becomes `edge`, unless the longer would pass maxSize; label and image agree', () =>
  fc.assert(
    fc.property(side, side, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 8, max: 40 }), seeds, (h, w, edge, maxSize, seed) =>
      freeing(() => {
        const image = tf.floor(tf.randomUniform<tf.Rank.R3>([h, w, 2], 0, 256, 'float32', seed));
        const label = tf.randomUniformInt([h, w], 0, 9, seed) as tf.Tensor2D;
        const options = { edge, maxSize };
        const fits = (Math.max(h, w) * edge) / Math.min(h, w) <= maxSize;
        const resized = resizeShortestEdge(image, options);
        const [height, width] = resized.shape;
        if (fits) expect(Math.min(height, width)).toBe(edge);
        else expect(Math.max(height, width)).toBe(maxSize);
        expect(resizeLabel(label, options).shape).toEqual([height, width]);
        expect(apart(resized, tf.floor(resized))).toBe(0);
        expect(tf.min(resized).dataSync()[0]).toBeGreaterThanOrEqual(tf.min(image).dataSync()[0]);
        expect(tf.max(resized).dataSync()[0]).toBeLessThanOrEqual(tf.max(image).dataSync()[0]);
        const labels = new Set(label.dataSync());
        expect([...resizeLabel(label, options).dataSync()].every((value) => labels.has(value))).toBe(true);
      }),
    ),
    { numRuns: 25, seed: 1 },
  ));

test('an image of the wanted size stays as it is', () =>
  freeing(() => {
    const image = tf.floor(tf.randomUniform<tf.Rank.R3>([5, 7, 3], 0, 256, 'float32', 1));
    expect(apart(resizeShortestEdge(image, { edge: 5 }), image)).toBe(0);
    expect(apart(padOrCrop(tf.slice(image, [0, 0], [5, 5]), { size: 5 }), tf.slice(image, [0, 0], [5, 5]))).toBe(0);
  }));

test('padding is at the right and the bottom, and so is cutting', () =>
  fc.assert(
    fc.property(side, side, side, (h, w, size) =>
      freeing(() => {
        const label = tf.ones([h, w], 'int32') as tf.Tensor2D;
        const square = padOrCrop(label, { size, value: 255 });
        expect(square.shape).toEqual([size, size]);
        const expected = Array.from({ length: size }, (_, y) => Array.from({ length: size }, (_, x) => (y < h && x < w ? 1 : 255)));
        expect(square.arraySync()).toEqual(expected);
      }),
    ),
    { numRuns: 20, seed: 1 },
  ));

test('refuses sizes that are none', () => {
  const image = tf.zeros<tf.Rank.R3>([2, 2, 3]);
  expect(() => resizeShortestEdge(image, { edge: 0 })).toThrow('resizeShortestEdge: edge must be a positive integer, got 0');
  expect(() => resizeLabel(tf.zeros([0, 3], 'int32'))).toThrow('resizeLabel: the image must have pixels, got 0 x 3');
  expect(() => padOrCrop(image, { size: 1.5 })).toThrow('padOrCrop: size must be a positive integer, got 1.5');
  expect(leftBehind(() => resizeShortestEdge(image, { edge: 5 }))).toBe(0);
  image.dispose();
});
