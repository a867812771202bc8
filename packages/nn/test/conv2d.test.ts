import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { torchInit } from '../src/init.js';
import { Conv2d } from '../src/layers/conv2d.js';
import { ConvTranspose2d } from '../src/layers/conv-transpose2d.js';
import { disposeModule } from '../src/module-tree.js';
import { conv2d, plainConv2d, type Conv2dGeometry } from '../src/ops/conv2d.js';
import { convTranspose2d } from '../src/ops/conv-transpose2d.js';
import { Random } from '../src/random.js';
import { expectClose, expectOneTensor, expectSameWithGradients, normal, valueAndGradients } from './agreement.js';
import { forAll } from './laws.js';

const atMost = (max: number, min = 1): fc.Arbitrary<number> => fc.integer({ min, max });
const both = (value: fc.Arbitrary<number>): fc.Arbitrary<[number, number]> => fc.tuple(value, value);
const problem = fc
  .record({
    n: atMost(2),
    sides: both(atMost(8, 5)),
    groups: atMost(3),
    groupIn: atMost(2),
    groupOut: atMost(2),
    kernel: both(atMost(3)),
    stride: both(atMost(3)),
    padding: both(atMost(2, 0)),
    dilation: both(atMost(2)),
    seed: atMost(1_000_000, 0),
  })
  .map(({ n, sides, groups, groupIn, groupOut, kernel, stride, padding, dilation, seed }) => ({
    xShape: [n, ...sides, groups * groupIn],
    filterShape: [...kernel, groupIn, groups * groupOut],
    geometry: { stride, padding, dilation, groups },
    seed,
  }));

type Visit = (x: [number, number, number, number], filter: [number, number, number, number], y: [number, number, number, number]) => void;

/** All products of a convolution, one by one: which element of x and of the filter goes into which of y. */
function eachProduct(
  xShape: number[],
  filterShape: number[],
  yShape: number[],
  { stride, padding, dilation, groups }: Conv2dGeometry,
  visit: Visit,
): void {
  // prettier-ignore
  const [n, height, width, outChannels] = yShape;
  const [kernelHeight, kernelWidth, groupIn] = filterShape;
  for (let image = 0; image < n; image++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++)
        for (let out = 0; out < outChannels; out++)
          for (let a = 0; a < kernelHeight; a++)
            for (let b = 0; b < kernelWidth; b++)
              for (let channel = 0; channel < groupIn; channel++) {
                const row = i * stride[0] + a * dilation[0] - padding[0];
                const column = j * stride[1] + b * dilation[1] - padding[1];
                if (row < 0 || column < 0 || row >= xShape[1] || column >= xShape[2]) continue;
                const group = Math.floor(out / (outChannels / groups));
                visit([image, row, column, group * groupIn + channel], [a, b, channel, out], [image, i, j, out]);
              }
}

function outputShape(xShape: number[], filterShape: number[], { stride, padding, dilation }: Conv2dGeometry): number[] {
  const side = (axis: 0 | 1): number =>
    Math.floor((xShape[1 + axis] + 2 * padding[axis] - dilation[axis] * (filterShape[axis] - 1) - 1) / stride[axis]) + 1;
  return [xShape[0], side(0), side(1), filterShape[3]];
}

test('agrees with the sum written out, gradients included', () =>
  forAll(problem, ({ xShape, filterShape, geometry, seed }) => {
    const [x, filter] = [normal<tf.Tensor4D>(xShape, seed), normal<tf.Tensor4D>(filterShape, seed + 1)];
    const yShape = outputShape(xShape, filterShape, geometry);
    const cotangent = tf.buffer(yShape, 'float32', normal(yShape, 17).dataSync<'float32'>()); // the one of valueAndGradients
    const [xs, filters] = [x.bufferSync(), filter.bufferSync()];
    const [y, dx, dFilter] = [yShape, xShape, filterShape].map((shape) => tf.buffer(shape));
    eachProduct(xShape, filterShape, yShape, geometry, (at, tap, to) => {
      y.set(y.get(...to) + xs.get(...at) * filters.get(...tap), ...to);
      dx.set(dx.get(...at) + cotangent.get(...to) * filters.get(...tap), ...at);
      dFilter.set(dFilter.get(...tap) + cotangent.get(...to) * xs.get(...at), ...tap);
    });
    const got = valueAndGradients((x, filter) => conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, ...geometry }), [x, filter]);
    [y, dx, dFilter].forEach((want, i) => expectClose(got[i], want.toTensor()));
  }));
test('the plain composition agrees with what runs here, gradients included', () =>
  forAll(problem, ({ xShape, filterShape, geometry, seed }) =>
    expectSameWithGradients(
      (x, filter) => conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, ...geometry }),
      (x, filter) => plainConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, geometry),
      [normal(xShape, seed), normal(filterShape, seed + 1)],
    ),
  ));
test('a 1x1 filter with a stride, where a gradient of oneDNN writes beyond its memory', () => {
  const [x, filter] = [normal<tf.Tensor4D>([1, 32, 32, 8], 1), normal<tf.Tensor4D>([1, 1, 8, 16], 2)];
  const even = tf.range(0, 32, 2, 'int32');
  for (let i = 0; i < 30; i++) {
    tf.tidy(() =>
      expectSameWithGradients(
        (x, filter) => conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, stride: 2 }),
        (x, filter) => conv2d({ x: tf.gather(tf.gather(x, even, 1), even, 2) as tf.Tensor4D, filter: filter as tf.Tensor4D }),
        [x, filter],
      ),
    );
  }
  tf.dispose([x, filter, even]);
});
test('is linear in x', () =>
  forAll(problem, ({ xShape, filterShape, geometry, seed }) => {
    const [a, b, filter] = [
      normal<tf.Tensor4D>(xShape, seed),
      normal<tf.Tensor4D>(xShape, seed + 1),
      normal<tf.Tensor4D>(filterShape, seed + 2),
    ];
    const of = (x: tf.Tensor4D): tf.Tensor4D => conv2d({ x, filter, ...geometry });
    expectClose(of(tf.add(tf.mul(a, 3), b)), tf.add(tf.mul(of(a), 3), of(b)));
  }));
test('a transposed convolution is the adjoint of the convolution', () =>
  forAll(problem, ({ xShape, filterShape, geometry, seed }) => {
    const [kH, kW, , outChannels] = filterShape;
    const filter = normal<tf.Tensor4D>([kH, kW, xShape[3], outChannels], seed);
    const { stride } = geometry;
    const padding = [Math.min(geometry.padding[0], kH - 1), Math.min(geometry.padding[1], kW - 1)] as const;
    const x = normal<tf.Tensor4D>(xShape, seed + 1);
    const y = conv2d({ x, filter, stride, padding });
    const u = normal<tf.Tensor4D>(y.shape, seed + 2);
    // outputPadding makes up for the rows and columns that the stride leaves over
    const rest = [0, 1].map((axis) => (xShape[1 + axis] + 2 * padding[axis] - filter.shape[axis]) % stride[axis]) as [number, number];
    const back = convTranspose2d({ x: u, filter, stride, padding, outputPadding: rest });
    expect(back.shape).toEqual(xShape);
    expectClose(tf.sum(tf.mul(x, back)), tf.sum(tf.mul(y, u)));
  }));
test('keeps no tensor besides its result', () => {
  const init = torchInit(new Random(0));
  const x = normal<tf.Tensor4D>([1, 6, 6, 4], 0);
  for (const config of [
    { kernelSize: 1 },
    { kernelSize: 3, padding: 1 },
    { kernelSize: 3, stride: 2, padding: 1, groups: 2, dilation: 2 },
  ]) {
    const before = tf.memory().numTensors;
    const layer = new Conv2d({ inChannels: 4, outChannels: 6, ...config }, init);
    expect(tf.memory().numTensors).toBe(before + 2);
    expectOneTensor(() => layer.call(x));
    disposeModule(layer);
  }
  const layer = new ConvTranspose2d({ inChannels: 4, outChannels: 6, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1 }, init);
  expectOneTensor(() => layer.call(x));
  disposeModule(layer);
  x.dispose();
});
test('names the argument that is wrong', () => {
  const init = torchInit(new Random(0));
  expect(() => new Conv2d({ inChannels: 4, outChannels: 6, kernelSize: 1, groups: 4 }, init)).toThrow(
    'Conv2d: groups must divide inChannels (4) and outChannels (6), got 4',
  );
  expect(() => new ConvTranspose2d({ inChannels: 4, outChannels: 6, kernelSize: 2, outputPadding: 1 }, init)).toThrow(
    'ConvTranspose2d: outputPadding must be below stride [1,1], got [1,1]',
  );
  const layer = new Conv2d({ inChannels: 4, outChannels: 6, kernelSize: 1 }, init);
  tf.tidy(() => {
    expect(() => layer.call(tf.zeros([1, 2, 2, 3]))).toThrow('Conv2d: x must have shape [*,*,*,4], got [1,2,2,3]');
    expect(() => conv2d({ x: tf.zeros([1, 2, 2, 3]), filter: tf.zeros([1, 1, 2, 2]) })).toThrow(
      'conv2d: filter [1,1,2,2] in 1 groups does not fit x of shape [1,2,2,3]',
    );
    expect(() => conv2d({ x: tf.zeros([1, 2, 5, 3]), filter: tf.zeros([3, 3, 3, 2]), dilation: 2, padding: 1 })).toThrow(
      'conv2d: a kernel that reaches over 5 does not fit x of shape [1,2,5,3] with padding [1,1]',
    );
  });
  disposeModule(layer);
});
