import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, disposeModule, Random, resize, torchInit } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectSameOnOnnxruntime, type Fn } from './on-onnxruntime.js';

const size = fc.integer({ min: 1, max: 12 });
const image = fc.record({ n: fc.integer({ min: 1, max: 3 }), h: size, w: size, c: fc.integer({ min: 1, max: 4 }), seed: fc.nat() });
type Drawn = typeof image extends fc.Arbitrary<infer T> ? T : never;

/** Expects a file for any batch to give what `fn` gives, and nothing to be kept. */
async function agrees({ n, h, w, c, seed }: Drawn, fn: (x: tf.Tensor4D) => tf.Tensor): Promise<void> {
  const before = tf.memory().numTensors;
  const x = tf.randomNormal([n, h, w, c], 0, 1, 'float32', seed);
  const model: Fn = ({ x }) => ({ y: fn(x as tf.Tensor4D) });
  await expectSameOnOnnxruntime(model, [{ x }], { x: [null, h, w, c] });
  x.dispose();
  expect(tf.memory().numTensors).toBe(before);
}

const two = (max: number, min = 1): fc.Arbitrary<[number, number]> => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

test('any convolution', () =>
  fc.assert(
    fc.asyncProperty(
      image,
      two(4),
      two(3),
      two(3, 0),
      two(2),
      fc.boolean(),
      async (drawn, kernelSize, stride, padding, dilation, depthwise) => {
        const reach = kernelSize.map((kernel, i) => dilation[i] * (kernel - 1) + 1);
        fc.pre(reach[0] <= drawn.h + 2 * padding[0] && reach[1] <= drawn.w + 2 * padding[1]);
        const channels = { inChannels: drawn.c, outChannels: 2 * drawn.c, groups: depthwise ? drawn.c : 1 };
        const layer = new Conv2d({ ...channels, kernelSize, stride, padding, dilation }, torchInit(new Random(1)));
        await agrees(drawn, (x) => layer.call(x)).finally(() => disposeModule(layer));
      },
    ),
    { numRuns: 60, seed: 1 },
  ));

const modes = fc.constantFrom(
  { mode: 'nearest' },
  { mode: 'nearest-exact' },
  { mode: 'bilinear' },
  { mode: 'bilinear', alignCorners: true },
  { mode: 'bicubic' },
  { mode: 'bicubic', alignCorners: true },
) as fc.Arbitrary<{ mode: 'bilinear'; alignCorners?: boolean }>;

test('any resize', () =>
  fc.assert(
    fc.asyncProperty(image, two(24), modes, (drawn, size, options) => agrees(drawn, (x) => resize(x, { size, ...options }))),
    { numRuns: 80, seed: 1 },
  ));
