import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adaptiveAvgPool2d } from '../src/ops/adaptive-avg-pool2d.js';
import { pad2d } from '../src/ops/pad2d.js';
import { avgPool2d, type AvgPool2dOptions } from '../src/ops/avg-pool2d.js';
import { maxPool2d } from '../src/ops/max-pool2d.js';
import { plainResize, resize, type ResizeOptions } from '../src/ops/resize.js';
import { expectClose, expectOneTensor, expectSameWithGradients, normal } from './agreement.js';
import { forAll, map } from './laws.js';

const upTo3 = fc.integer({ min: 1, max: 3 });
const pooling = fc
  .record({
    kernelSize: fc.tuple(upTo3, upTo3),
    stride: fc.tuple(upTo3, upTo3),
    pad: fc.boolean(),
    ceilMode: fc.boolean(),
    countIncludePad: fc.boolean(),
  }) // prettier-ignore
  .map(({ pad, ...options }): AvgPool2dOptions => ({
    ...options,
    padding: pad ? [Math.floor(options.kernelSize[0] / 2), Math.floor(options.kernelSize[1] / 2)] : 0,
  }));
const sampling = fc.constantFrom<Omit<ResizeOptions, 'size'>>(
  { mode: 'nearest' },
  { mode: 'nearest-exact' },
  { mode: 'bilinear' },
  { mode: 'bilinear', alignCorners: true },
  { mode: 'bicubic' },
  { mode: 'bicubic', alignCorners: true },
);
const target = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));

/** The windows along one axis, as PyTorch counts them: [first, end) clipped to the input, and to the padded input. */
function windows(size: number, axis: 0 | 1, { kernelSize, stride, padding = 0, ceilMode }: AvgPool2dOptions) {
  const of = (value: AvgPool2dOptions['kernelSize']): number => (typeof value === 'number' ? value : value[axis]);
  const [kernel, step, pad] = [of(kernelSize), of(stride ?? kernelSize), of(padding)];
  const found: { first: number; end: number; counted: number }[] = [];
  for (let start = -pad; ; start += step) {
    const fits = start + kernel <= size + pad;
    if (!fits && (!ceilMode || start >= size || start - step + kernel >= size + pad)) return found;
    found.push({ first: Math.max(start, 0), end: Math.min(start + kernel, size), counted: Math.min(start + kernel, size + pad) - start });
  }
}

test('pooling agrees with each window written out', () =>
  forAll(fc.record({ map, options: pooling }), ({ map: { n, h, w, c, seed }, options }) => {
    const x = normal<tf.Tensor4D>([n, h, w, c], seed);
    const [rows, columns] = [windows(h, 0, options), windows(w, 1, options)];
    const pooled = (of: (values: number[], counted: number) => number): tf.Tensor => {
      const values = x.arraySync();
      return tf.tensor(
        values.map((image) =>
          rows.map((row) =>
            columns.map((column) =>
              Array.from({ length: c }, (_, channel) => {
                const window = image.slice(row.first, row.end).flatMap((line) => line.slice(column.first, column.end).map((pixel) => pixel[channel])); // prettier-ignore
                return of(window, options.countIncludePad ? row.counted * column.counted : window.length);
              }),
            ),
          ),
        ),
      );
    };
    expectClose(maxPool2d(x, options), pooled((values) => Math.max(...values))); // prettier-ignore
    expectClose(avgPool2d(x, options), pooled((values, counted) => values.reduce((sum, value) => sum + value, 0) / counted)); // prettier-ignore
  }));
test('a constant stays itself under every pooling, where padding does not count', () =>
  forAll(fc.record({ map, options: pooling }), ({ map: { n, h, w, c, seed }, options }) => {
    const x = tf.fill<tf.Rank.R4>([n, h, w, c], seed / 1_000_000 - 2); // below 0: padding with zeros would show
    for (const y of [maxPool2d(x, options), avgPool2d(x, { ...options, countIncludePad: false })]) {
      expectClose(y, tf.fill(y.shape, x.dataSync()[0]));
    }
  }));
test('of equal values in a window the first gets the gradient of maxPool2d', () =>
  tf.tidy(() => {
    const gradient = tf.grad((x: tf.Tensor) => maxPool2d(x as tf.Tensor4D, { kernelSize: 2, padding: 1, stride: 2 }));
    expect([...gradient(tf.zeros([1, 2, 2, 1])).dataSync()]).toEqual([1, 1, 1, 1]);
    const whole = tf.grad((x: tf.Tensor) => maxPool2d(x as tf.Tensor4D, { kernelSize: 2 }));
    expect([...whole(tf.zeros([1, 2, 2, 1])).dataSync()]).toEqual([1, 0, 0, 0]);
  }));
test('adaptiveAvgPool2d agrees with each bin written out', () =>
  forAll(fc.record({ map, size: target }), ({ map: { n, h, w, c, seed }, size }) => {
    const x = normal<tf.Tensor4D>([n, h, w, c], seed);
    const y = adaptiveAvgPool2d(x, size);
    expect(y.shape).toEqual([n, ...size, c]);
    for (const [i, j] of [
      [0, 0],
      [size[0] - 1, size[1] - 1],
      [size[0] >> 1, size[1] >> 1],
    ]) {
      // prettier-ignore
      const bin = (index: number, inputs: number, outputs: number): [number, number] => {
        const first = Math.floor((index * inputs) / outputs);
        return [first, Math.ceil(((index + 1) * inputs) / outputs) - first];
      };
      const [[top, height], [left, width]] = [bin(i, h, size[0]), bin(j, w, size[1])];
      expectClose(tf.slice(y, [0, i, j, 0], [n, 1, 1, c]), tf.mean(tf.slice(x, [0, top, left, 0], [n, height, width, c]), [1, 2], true));
    }
  }));
test('resize: what runs here agrees with the plain composition, gradients included', () =>
  forAll(fc.record({ map, size: target, sampling }), ({ map: { n, h, w, c, seed }, size, sampling }) =>
    expectSameWithGradients(
      (x) => resize(x as tf.Tensor4D, { size, ...sampling }),
      (x) => plainResize(x as tf.Tensor4D, { size, ...sampling }),
      [normal([n, h, w, c], seed)],
    ),
  ));
test('resize to the same size changes nothing, plain or not, and a constant stays itself', () =>
  forAll(fc.record({ map, size: target, sampling }), ({ map: { n, h, w, c, seed }, size, sampling }) => {
    const x = normal<tf.Tensor4D>([n, h, w, c], seed);
    expectClose(resize(x, { size: [h, w], ...sampling }), x);
    expectClose(plainResize(x, { size: [h, w], ...sampling }), x);
    expectClose(resize(tf.ones([n, h, w, c]), { size, ...sampling }), tf.ones([n, ...size, c]));
  }));
test('aligned corners and an upright ramp: linear modes keep a linear function', () =>
  forAll(fc.record({ map, size: target }), ({ map: { h, w }, size: [height, width] }) => {
    const ramp = (rows: number, columns: number): tf.Tensor4D =>
      tf.reshape(tf.add(tf.reshape(tf.linspace(0, 1, rows), [-1, 1]), tf.linspace(0, 5, columns)), [1, rows, columns, 1]);
    const resized = resize(ramp(h, w), { size: [height + 1, width + 1], mode: 'bilinear', alignCorners: true });
    expectClose(resized, ramp(height + 1, width + 1));
  }));
test('pad2d agrees with reading each pixel from where it is mirrored, repeated or zero, gradients included', () =>
  forAll(
    fc.record({ map, padding: fc.tuple(upTo3, upTo3, upTo3, upTo3).map(([l, r, t, b]) => [l - 1, r - 1, t - 1, b - 1] as const), mode: fc.constantFrom('zero' as const, 'reflect' as const, 'replicate' as const) }), // prettier-ignore
    ({ map: { n, h, w, c, seed }, padding, mode }) => {
      const [left, right, top, bottom] = padding;
      const source = (i: number, size: number): number => {
        if (mode === 'zero') return i;
        if (mode === 'replicate') return Math.min(Math.max(i, 0), size - 1);
        return i < 0 ? -i : i >= size ? 2 * size - 2 - i : i;
      };
      /** [size + before + after, size]: row i chooses the input of output i. */
      const chooser = (size: number, before: number, after: number): tf.Tensor2D => {
        const chosen = Array.from({ length: size + before + after }, (_, i) => source(i - before, size));
        return tf.tensor2d(chosen.map((index) => Array.from({ length: size }, (_, j) => Number(index === j)))); // prettier-ignore
      };
      const [rows, columns] = [chooser(h, top, bottom), chooser(w, left, right)];
      expectSameWithGradients(
        (x) => pad2d(x as tf.Tensor4D, { padding, mode }),
        (x) => {
          const alongRows = tf.reshape(tf.matMul(rows, tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [h, -1])), [-1, n, w, c]);
          const alongBoth = tf.reshape(tf.matMul(columns, tf.reshape(tf.transpose(alongRows, [2, 0, 1, 3]), [w, -1])), [w + left + right, -1, n, c]); // prettier-ignore
          return tf.transpose(alongBoth, [2, 1, 0, 3]);
        },
        [normal([n, h, w, c], seed)],
      );
    },
  ));
test('functions keep no tensor besides their result', () => {
  const x = normal<tf.Tensor4D>([1, 6, 6, 2], 0);
  const runs: (() => tf.Tensor)[] = [
    () => maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }),
    () => avgPool2d(x, { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }),
    () => adaptiveAvgPool2d(x, [4, 5]),
    () => pad2d(x, { padding: [1, 1, 1, 1], mode: 'reflect' }),
    () => pad2d(x, { padding: [0, 0, 0, 0], mode: 'reflect' }),
    () => resize(x, { size: [6, 6], mode: 'nearest' }),
    () => resize(x, { size: [7, 9], mode: 'nearest' }),
    () => resize(x, { size: [7, 9], mode: 'bilinear' }),
    () => resize(x, { size: [7, 9], mode: 'bicubic' }),
  ];
  for (const run of runs) expectOneTensor(run);
  x.dispose();
});
test('names the argument that is wrong', () => {
  const x = tf.zeros<tf.Rank.R4>([1, 4, 4, 1]);
  expect(() => maxPool2d(x, { kernelSize: 2, padding: 2 })).toThrow(
    'maxPool2d: padding must be at most half of kernelSize [2,2], got [2,2]',
  );
  expect(() => avgPool2d(x, { kernelSize: 5 })).toThrow('avgPool2d: kernelSize [5,5] does not fit x of shape [1,4,4,1] with padding [0,0]');
  expect(() => adaptiveAvgPool2d(x, [0, 1])).toThrow('adaptiveAvgPool2d: outputSize must be two positive integers, got [0,1]');
  expect(() => resize(x, { size: [2.5, 1], mode: 'nearest' })).toThrow('resize: size must be two positive integers, got [2.5,1]');
  expect(() => resize(x, { size: [2, 1], mode: 'nearest', alignCorners: true })).toThrow(
    'resize: alignCorners needs mode bilinear or bicubic, got nearest',
  );
  expect(() => pad2d(x, { padding: [4, 0, 0, 0], mode: 'reflect' })).toThrow(
    'pad2d: to reflect, padding must be smaller than x, got [4,0,0,0] for shape [1,4,4,1]',
  );
  expect(() => pad2d(x, { padding: [-1, 0, 0, 0], mode: 'zero' })).toThrow(
    'pad2d: padding must be four whole numbers >= 0, got [-1,0,0,0]',
  );
  x.dispose();
});
