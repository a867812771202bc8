import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TrainPass } from '../src/mode.js';
import { adaptiveAvgPool2d } from '../src/ops/adaptive-avg-pool2d.js';
import { batchNorm, batchNormTrain } from '../src/ops/batch-norm.js';
import { conv2d } from '../src/ops/conv2d.js';
import { convTranspose2d } from '../src/ops/conv-transpose2d.js';
import { gelu } from '../src/ops/gelu.js';
import { groupNorm } from '../src/ops/group-norm.js';
import { layerNorm } from '../src/ops/layer-norm.js';
import { linear } from '../src/ops/linear.js';
import { pad2d } from '../src/ops/pad2d.js';
import { avgPool2d } from '../src/ops/avg-pool2d.js';
import { maxPool2d } from '../src/ops/max-pool2d.js';
import { resize, type ResizeOptions } from '../src/ops/resize.js';
import { softmax } from '../src/ops/softmax.js';
import { withGradient } from '../src/with-gradient.js';
import { deviation, normal, valueAndGradients } from './agreement.js';

const chosen = tf.getBackend();

/** The engine that an application gets and plain JavaScript compute the same, gradients included. */
async function agree(f: (...inputs: tf.Tensor[]) => tf.Tensor, shapes: number[][], seed: number, tolerance = 2e-5): Promise<void> {
  const run = async (backend: string): Promise<tf.Tensor[]> => {
    await tf.setBackend(backend);
    return tf.tidy(() => valueAndGradients(f, shapes.map((shape, i) => normal(shape, seed + i)))); // prettier-ignore
  };
  try {
    const want = await run('cpu');
    const got = await run(chosen);
    for (const [i, tensor] of got.entries()) {
      expect(deviation(tensor, want[i])).toBeLessThan(tolerance);
      tf.dispose([tensor, want[i]]);
    }
  } finally {
    await tf.setBackend(chosen);
  }
}

const size = fc.integer({ min: 1, max: 3 });
const side = fc.integer({ min: 5, max: 9 });
const seed = fc.integer({ min: 0, max: 1_000_000 });
const forAll = async <T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitrary, check), { numRuns: 25, seed: 1 });
const map = fc.record({ n: size, h: side, w: side, c: size, seed });
/** Whole numbers, with the gradient of the identity. */
const rounded = (x: tf.Tensor): tf.Tensor =>
  withGradient({ inputs: { x }, forward: () => tf.round(x), backward: (dy) => ({ x: () => tf.clone(dy) }) });
const as4D = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;
const as1D = (x: tf.Tensor): tf.Tensor1D => x as tf.Tensor1D;

test('conv2d, all strides, paddings, dilations and groups', () =>
  forAll(
    fc.record({
      n: size,
      h: side,
      w: side,
      groups: fc.integer({ min: 1, max: 3 }),
      groupIn: fc.integer({ min: 1, max: 2 }),
      groupOut: fc.integer({ min: 1, max: 2 }),
      kernel: fc.tuple(size, size),
      stride: fc.tuple(size, size),
      padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
      dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
      seed,
    }),
    ({ n, h, w, groups, groupIn, groupOut, kernel, stride, padding, dilation, seed }) =>
      agree(
        (x, filter, bias) => conv2d({ x: as4D(x), filter: as4D(filter), bias: as1D(bias), stride, padding, dilation, groups }),
        [[n, h, w, groups * groupIn], [...kernel, groupIn, groups * groupOut], [groups * groupOut]],
        seed,
      ),
  ));
test('convTranspose2d', () =>
  forAll(
    fc.record({ n: size, h: size, w: size, channels: fc.tuple(size, size), kernel: fc.integer({ min: 2, max: 4 }), stride: size, seed }),
    ({ n, h, w, channels: [inChannels, outChannels], kernel, stride, seed }) => {
      const geometry = { stride: [stride, stride], padding: [1, 0], outputPadding: [0, stride - 1] } as const;
      return agree(
        (x, filter, bias) => convTranspose2d({ x: as4D(x), filter: as4D(filter), bias: as1D(bias), ...geometry }),
        [[n, h + 1, w, inChannels], [kernel, kernel, outChannels, inChannels], [outChannels]],
        seed,
      );
    },
  ));
test('linear', () =>
  forAll(map, ({ n, h, w, c, seed }) =>
    agree((x, weight, bias) => linear({ x, weight: weight as tf.Tensor2D, bias: as1D(bias) }), [[n, h, w], [w, c], [c]], seed),
  ));
test('gelu, exact and tanh', () =>
  forAll(map, async ({ n, h, seed }) => {
    await agree((x) => gelu(x), [[n, h]], seed);
    await agree((x) => gelu(x, 'tanh'), [[n, h]], seed);
  }));
test('softmax', () => forAll(map, ({ n, h, w, seed }) => agree((x) => softmax(x), [[n, h, w]], seed)));
test('layerNorm', () =>
  forAll(map, ({ n, h, w, seed }) =>
    agree((x, scale, offset) => layerNorm({ x, scale: as1D(scale), offset: as1D(offset), epsilon: 1e-5 }), [[n, h, w], [w], [w]], seed),
  ));
test('groupNorm', () =>
  forAll(map, ({ n, h, w, c, seed }) => agree((x) => groupNorm({ x: as4D(x), groups: c, epsilon: 1e-5 }), [[n, h, w, 2 * c]], seed)));
test('batchNorm and its training form with the running statistics', () =>
  forAll(map, async ({ n, h, w, c, seed }) => {
    const running = (): { runningMean: tf.Tensor1D; runningVariance: tf.Tensor1D } => ({
      runningMean: tf.linspace(-1, 1, c),
      runningVariance: tf.linspace(0.5, 2, c),
    });
    const shapes = [[n, h, w, c], [c], [c]];
    const affine = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => ({ x: as4D(x), scale: as1D(scale), offset: as1D(offset), epsilon: 1e-5 }); // prettier-ignore
    await agree((...inputs) => batchNorm({ ...(affine(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor]))), ...running() }), shapes, seed); // prettier-ignore
    const train = (...inputs: tf.Tensor[]) => batchNormTrain({ ...affine(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor])), ...running(), momentum: 0.3 }); // prettier-ignore
    await agree((...inputs) => train(...inputs).y, shapes, seed);
    for (const statistic of ['runningMean', 'runningVariance'] as const) {
      const of = async (backend: string): Promise<Float32Array> => {
        await tf.setBackend(backend);
        return tf.tidy(() => train(...shapes.map((shape, i) => normal(shape, seed + i)))[statistic].dataSync<'float32'>());
      };
      const [want, got] = [await of('cpu'), await of(chosen)];
      want.forEach((value, i) => expect(got[i]).toBeCloseTo(value, 4));
    }
  }));
test('maxPool2d and avgPool2d', () =>
  forAll(
    fc.record({ map, kernelSize: fc.tuple(size, size), stride: fc.tuple(size, size), pad: fc.boolean(), ceilMode: fc.boolean(), countIncludePad: fc.boolean() }), // prettier-ignore
    async ({ map: { n, h, w, c, seed }, kernelSize, stride, pad, ceilMode, countIncludePad }) => {
      const padding = pad ? ([Math.floor(kernelSize[0] / 2), Math.floor(kernelSize[1] / 2)] as const) : 0;
      const options = { kernelSize, stride, padding, ceilMode };
      await agree((x) => maxPool2d(as4D(x), options), [[n, h, w, c]], seed);
      await agree((x) => maxPool2d(as4D(rounded(x)), options), [[n, h, w, c]], seed); // many equal values
      await agree((x) => avgPool2d(as4D(x), { ...options, countIncludePad }), [[n, h, w, c]], seed);
    },
  ));
test('adaptiveAvgPool2d', () =>
  forAll(fc.record({ map, out: fc.tuple(size, size) }), ({ map: { n, h, w, c, seed }, out }) =>
    agree((x) => adaptiveAvgPool2d(as4D(x), out), [[n, h, w, c]], seed),
  ));
test('resize, all modes', () =>
  forAll(
    fc.record({
      map,
      size: fc.tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 })),
      sampling: fc.constantFrom<Omit<ResizeOptions, 'size'>>(
        { mode: 'nearest' },
        { mode: 'nearest-exact' },
        { mode: 'bilinear' },
        { mode: 'bilinear', alignCorners: true },
        { mode: 'bicubic' },
        { mode: 'bicubic', alignCorners: true },
      ),
    }),
    ({ map: { n, h, w, c, seed }, size, sampling }) => agree((x) => resize(as4D(x), { size, ...sampling }), [[n, h, w, c]], seed),
  ));
test('pad2d', () =>
  forAll(
    fc.record({ map, padding: fc.tuple(size, size, size, size), mode: fc.constantFrom('zero' as const, 'reflect' as const, 'replicate' as const) }), // prettier-ignore
    ({ map: { n, h, w, c, seed }, padding, mode }) => agree((x) => pad2d(as4D(x), { padding, mode }), [[n, h, w, c]], seed),
  ));
test('a seed in a tensor draws what the same two numbers draw, on each engine', async () => {
  for (const backend of ['cpu', chosen]) {
    await tf.setBackend(backend);
    const { statelessUniform } = await import('../src/ops/stateless-uniform.js');
    tf.tidy(() => {
      const fed = new TrainPass(tf.tensor1d([5, 0], 'int32'));
      const known = new TrainPass(5);
      for (let layer = 0; layer < 3; layer++) {
        const draws = statelessUniform([4], known.nextSeed()).dataSync();
        expect(statelessUniform([4], fed.nextSeed()).dataSync()).toEqual(draws);
        expect(draws.every((value) => value >= 0 && value < 1)).toBe(true);
      }
    });
  }
});
