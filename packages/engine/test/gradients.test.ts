import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineNames, useEngine, type EngineName } from '../src/index.js';

/** Every engine that works here besides the plain one, which is the reference. */
const others: EngineName[] = [];
beforeAll(async () => {
  for (const engine of engineNames.filter((name) => name !== 'cpu')) {
    await useEngine({ engine, quiet: true }).then(
      () => others.push(engine),
      () => undefined,
    );
  }
  expect(others).toContain('wasm');
});
afterAll(async () => {
  await useEngine({ quiet: true });
});

const size = fc.integer({ min: 1, max: 3 });
const padding = fc.oneof(
  fc.constantFrom<'same' | 'valid'>('same', 'valid'),
  fc
    .tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2))
    .map(([t, b, l, r]): tf.backend_util.ExplicitPadding => [[0, 0], [t, b], [l, r], [0, 0]]), // prettier-ignore
);
const convolution = fc.record({
  n: fc.integer({ min: 1, max: 2 }),
  h: fc.integer({ min: 3, max: 7 }),
  w: fc.integer({ min: 3, max: 7 }),
  channels: size,
  out: size,
  kernel: fc.tuple(size, size),
  stride: fc.constantFrom(1, 2),
  pad: padding,
  seed: fc.nat(),
});
type Convolution = typeof convolution extends fc.Arbitrary<infer T> ? T : never;

/** Gradients of sum(f(x, filter)^2) by both, on one engine. */
async function gradients(
  engine: EngineName,
  { n, h, w, channels, out, kernel, seed }: Convolution,
  f: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor,
): Promise<number[][]> {
  await useEngine({ engine, quiet: true });
  return tf.tidy(() => {
    const x = tf.randomUniform<tf.Rank.R4>([n, h, w, channels], -1, 1, 'float32', seed);
    const filter = tf.randomUniform<tf.Rank.R4>([...kernel, channels, out], -1, 1, 'float32', seed + 1);
    const both = tf.grads((a, b) => tf.sum(tf.square(f(a as tf.Tensor4D, b as tf.Tensor4D))))([x, filter]);
    return both.map((gradient) => [...gradient.dataSync()]);
  });
}

const agree = async (drawn: Convolution, f: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor, on = others): Promise<void> => {
  const reference = await gradients('cpu', drawn, f);
  for (const engine of on) {
    const found = await gradients(engine, drawn, f);
    reference.forEach((values, i) => {
      const scale = Math.max(1, ...values.map(Math.abs));
      const worst = Math.max(...values.map((value, k) => Math.abs(value - found[i][k])));
      expect(worst / scale, `${engine}, gradient ${i}`).toBeLessThan(1e-5);
    });
  }
};
const rounding = (pad: Convolution['pad']): 'floor' | undefined => (typeof pad === 'string' ? undefined : 'floor');

/** tfjs-node hands TensorFlow no explicit padding in gradients: there only wasm is compared. */
const takers = (pad: Convolution['pad']): EngineName[] => (typeof pad === 'string' ? others : ['wasm']);

test('gradients of conv2d are those of the reference on every engine', () =>
  fc.assert(
    fc.asyncProperty(convolution, (drawn) =>
      agree(drawn, (x, filter) => tf.conv2d(x, filter, drawn.stride, drawn.pad, 'NHWC', 1, rounding(drawn.pad)), takers(drawn.pad)),
    ),
    { numRuns: 40, seed: 1 },
  ));

test('gradients of depthwiseConv2d are those of the reference on every engine', () =>
  fc.assert(
    fc.asyncProperty(convolution, (drawn) =>
      agree(
        drawn,
        (x, filter) => tf.depthwiseConv2d(x, filter, drawn.stride, drawn.pad, 'NHWC', 1, rounding(drawn.pad)),
        takers(drawn.pad),
      ),
    ),
    { numRuns: 40, seed: 2 },
  ));

test('a convolution whose stride is above its filter size is not zero on wasm', async () => {
  await useEngine({ engine: 'wasm', quiet: true });
  tf.tidy(() => {
    const x = tf.reshape(tf.range(1, 17), [1, 4, 4, 1]) as tf.Tensor4D;
    const filter = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
    expect([...tf.conv2d(x, filter, 2, 'same').dataSync()]).toEqual([1, 3, 9, 11]);
    expect([...tf.depthwiseConv2d(x, filter, 2, 'same').dataSync()]).toEqual([1, 3, 9, 11]);
    expect([...tf.fused.conv2d({ x, filter, strides: 2, pad: 'same', activation: 'relu' }).dataSync()]).toEqual([1, 3, 9, 11]);
  });
});

test('gradients of conv2dTranspose are those of the reference on every engine', () =>
  fc.assert(
    fc.asyncProperty(convolution, (drawn) => {
      const { n, h, w, stride, kernel } = drawn;
      const [oh, ow] = [(h - 1) * stride + kernel[0], (w - 1) * stride + kernel[1]];
      return agree(drawn, (x, filter) =>
        tf.conv2dTranspose(x, tf.transpose(filter, [0, 1, 3, 2]), [n, oh, ow, drawn.out], stride, 'valid'),
      );
    }),
    { numRuns: 20, seed: 3 },
  ));

test('products of transposed matrices and the gradient of gather are those of the reference', async () => {
  const drawn: Convolution = { n: 2, h: 3, w: 4, channels: 3, out: 2, kernel: [3, 1], stride: 1, pad: 'same', seed: 4 };
  await agree(drawn, (x, filter) => tf.matMul(tf.reshape(x, [2, 12, 3]), tf.tile(tf.reshape(filter, [1, 6, 3]), [2, 1, 1]), false, true));
  await agree(drawn, (x, filter) => tf.matMul(tf.reshape(x, [2, 3, 12]), tf.tile(tf.reshape(filter, [1, 6, 3]), [2, 1, 1]), true, true));
  await agree(drawn, (x, filter) => tf.mul(tf.gather(tf.reshape(x, [24, 3]), [0, 5, 5, 23], 0), tf.sum(filter)));
});

test('a kernel made for wasm keeps no tensor besides its result', async () => {
  await useEngine({ engine: 'wasm', quiet: true });
  const x = tf.ones<tf.Rank.R4>([1, 5, 5, 2]);
  const filter = tf.ones<tf.Rank.R4>([3, 3, 2, 2]);
  const run = (f: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor): void => {
    const g = tf.grads((a, b) => tf.sum(f(a as tf.Tensor4D, b as tf.Tensor4D)));
    const before = tf.memory();
    const results = g([x, filter]);
    expect(tf.memory().numTensors).toBe(before.numTensors + 2);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 2);
    tf.dispose(results);
  };
  run((a, b) => tf.conv2d(a, b, 2, 'same'));
  run((a, b) => tf.depthwiseConv2d(a, b, 2, 'same'));
  run((a, b) => tf.matMul(tf.reshape(a, [2, 25]), tf.reshape(tf.slice(b, [0, 0, 0, 0], [3, 3, 2, 1]), [9, 2]), true, true));
  run((a, b) => tf.mul(tf.gather(a, [0, 0]), tf.sum(b)));
  tf.dispose([x, filter]);
});
