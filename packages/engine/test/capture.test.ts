import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { nativeBackend } from '../src/capture/native-backend.js';
import { trace } from '../src/capture/trace.js';
import { capture, CaptureError, useEngine } from '../src/index.js';

const native = (await useEngine({ quiet: true })).backend === 'tensorflow';
const onNative = test.runIf(native);
const draw = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);
const values = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
const close = (got: tf.Tensor, want: tf.Tensor): void => {
  const wanted = values(want);
  expect(got.shape).toEqual(want.shape);
  values(got).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
};

afterAll(() => useEngine({ quiet: true }));

const shapes = fc.record({
  n: fc.integer({ min: 1, max: 4 }),
  h: fc.integer({ min: 1, max: 5 }),
  c: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

test('a captured function gives what it gives op by op, whatever the shapes, and leaves nothing behind', () => {
  const layer = ({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => {
    const y = tf.softmax(tf.matMul(tf.tanh(x), w as tf.Tensor2D));
    return {
      y: tf.expandDims(y, 0),
      mean: tf.mean(y),
      parts: tf.concat(
        tf.split(
          tf.pad(
            y,
            y.shape.map(() => [1, 0]),
          ),
          2,
          -1,
        ),
        0,
      ),
    };
  };
  const captured = capture(layer, { maxGraphs: 3 });
  fc.assert(
    fc.property(shapes, ({ n, h, c, seed }) => {
      const inputs = { x: draw([n, h, c], seed), w: draw([c, 3], seed + 1) };
      const before = tf.memory().numTensors;
      const [got, want] = [captured(inputs), tf.tidy(() => layer(inputs))];
      expect(tf.memory().numTensors).toBe(before + 6);
      close(got.y, want.y);
      close(got.mean, want.mean);
      close(got.parts, want.parts);
      tf.dispose([got, want, inputs]);
    }),
    { numRuns: 12, seed: 3 },
  );
  captured.dispose();
});

test('gradients can be captured, and see the variables as they are at each call', () => {
  const w = tf.tidy(() => tf.variable(draw([3, 2], 1)));
  const gradient = ({ x }: { x: tf.Tensor }) => {
    const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.relu(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)))), [w]);
    return { value, gradient: grads[w.name] };
  };
  const captured = capture(gradient);
  const x = draw([4, 3], 2);
  for (const scale of [1, -2, 0.5]) {
    const moved = tf.mul(w, scale);
    w.assign(moved);
    const [got, want] = [captured({ x }), tf.tidy(() => gradient({ x }))];
    close(got.value, want.value);
    close(got.gradient, want.gradient);
    tf.dispose([got, want, moved]);
  }
  captured.dispose();
  tf.dispose([x, w]);
});

test('an input that is handed on, and one tensor under two names', () => {
  const both = capture(({ x }: { x: tf.Tensor }) => {
    const y = tf.add(x, 1);
    return { x: tf.clone(x), y, same: tf.clone(y), row: tf.reshape(y, [1, 2]) };
  });
  const x = tf.tensor1d([1, 2]);
  const { x: handed, y, same, row } = both({ x });
  expect([values(handed), values(y), values(same), values(row)]).toEqual([
    [1, 2],
    [2, 3],
    [2, 3],
    [2, 3],
  ]);
  expect(row.shape).toEqual([1, 2]);
  tf.dispose([x, handed, y, same, row]);
  both.dispose();
});

test('a tensor from outside stays usable after its owner has freed it', () => {
  const before = tf.memory().numTensors;
  const outside = tf.tensor1d([10, 20]);
  const add = capture(({ x }: { x: tf.Tensor }) => ({ y: tf.add(x, outside) }));
  const x = tf.tensor1d([1, 2]);
  const first = add({ x });
  if (native) outside.dispose();
  const second = add({ x });
  expect(values(second.y)).toEqual(values(first.y));
  tf.dispose([first, second, x, ...(native ? [] : [outside])]);
  add.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

onNative.each([
  ['reads the value of a tensor', (x: tf.Tensor) => tf.scalar(x.dataSync()[0])],
  ['draws from Math.random', (x: tf.Tensor) => tf.add(x, tf.randomNormal(x.shape))],
  ['draws from Math.random', (x: tf.Tensor) => tf.dropout(x, 0.5)],
])('what cannot be captured is an error that says what and where: %s', (what, fn) => {
  const x = tf.ones([2]);
  const before = tf.memory().numTensors;
  const captured = capture(({ x: given }: { x: tf.Tensor }) => ({ y: fn(given) }));
  expect(() => captured({ x })).toThrow(CaptureError);
  expect(() => captured({ x })).toThrow(new RegExp(`${what}.*capture\\.test`));
  expect(tf.memory().numTensors).toBe(before);
  expect(Math.random()).toBeLessThan(1); // what was watched is as it was
  x.dispose();
});

onNative('assigning a variable inside is an error, and nothing is assigned', () => {
  const w = tf.tidy(() => tf.variable(tf.ones([2])));
  const x = tf.ones([2]);
  const captured = capture(({ x: given }: { x: tf.Tensor }) => {
    w.assign(tf.add(given, 1));
    return { y: tf.add(w, 0) };
  });
  expect(() => captured({ x })).toThrow('assigns to a variable');
  expect(values(w)).toEqual([1, 1]);
  tf.dispose([w, x]);
});

onNative('reading what depends on no input is no error: it is the same at every call', () => {
  const captured = capture(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, tf.add(tf.scalar(1), 2).dataSync()[0]) }));
  const x = tf.ones([2]);
  const { y } = captured({ x });
  expect(values(y)).toEqual([3, 3]);
  tf.dispose([x, y]);
  captured.dispose();
});

test('eager: op by op, so that values may be read', () => {
  const x = tf.tensor1d([1, 2]);
  const { y } = capture(({ x: given }: { x: tf.Tensor }) => ({ y: tf.mul(given, given.dataSync()[1]) }), { eager: true })({ x });
  expect(values(y)).toEqual([2, 4]);
  tf.dispose([x, y]);
});

onNative('frozen: variables stay as they were at the first call', () => {
  const weight = tf.variable(tf.tensor1d([1, 2]), true);
  const scaled = capture(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, weight) }), { frozen: true });
  const x = tf.tensor1d([3, 4]);
  const first = scaled({ x });
  weight.assign(tf.tensor1d([0, 0]));
  const second = scaled({ x });
  for (const { y } of [first, second]) expect(values(y)).toEqual([3, 8]);
  scaled.dispose();
  tf.dispose([weight, x, first, second]);
});

/** As @rs/nn does it. */
const fuse = (inputs: tf.Tensor[], fn: () => tf.Tensor[]): tf.Tensor[] =>
  (nativeBackend().fuse?.(inputs, fn) as tf.Tensor[] | undefined) ?? fn();

onNative('what is fused becomes a call of a kernel, and equal ones share it', () => {
  const half = (x: tf.Tensor): tf.Tensor => fuse([x], () => [tf.add(tf.mul(x, 0.5), 1)])[0];
  const fn = ({ x }: { x?: tf.Tensor }): { y: tf.Tensor } => ({ y: half(half(x as tf.Tensor)) });
  const x = tf.tensor1d([2, 4]);
  const { nodes, kernels } = trace(fn, { x }, { fuse: true });
  expect(nodes.map(({ kind }) => kind)).toEqual(['placeholder', 'call', 'call']);
  expect(kernels).toHaveLength(1);
  expect(trace(fn, { x }).kernels).toHaveLength(0);
  const captured = capture(({ x: given }: { x: tf.Tensor }) => fn({ x: given }));
  const { y } = captured({ x });
  expect(values(y)).toEqual([2, 2.5]);
  captured.dispose();
  tf.dispose([x, y]);
});

onNative('a kernel holds what losses and layers are made of, and gives what the single ops give', () => {
  const fn = ({ x }: { x: tf.Tensor }): { y: tf.Tensor } => {
    const of = [tf.abs, tf.cos, tf.erf, tf.exp, tf.expm1, tf.floor, tf.log1p, tf.neg, tf.reciprocal, tf.relu, tf.rsqrt, tf.sigmoid];
    const more = [tf.sign, tf.sin, tf.softplus, tf.sqrt, tf.square, tf.tanh, tf.log];
    const pairs = [tf.add, tf.divNoNan, tf.maximum, tf.minimum, tf.mul, tf.pow, tf.squaredDifference, tf.sub];
    const compared = [tf.equal, tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.notEqual];
    const half = tf.scalar(0.5);
    const all = [
      ...[...of, ...more].map((op) => op(x)),
      ...pairs.map((op) => op(x, half)),
      ...compared.map((op) => tf.where(tf.logicalOr(tf.logicalNot(op(x, half)), tf.logicalAnd(op(x, half), op(half, x))), x, half)),
      ...[tf.max, tf.mean, tf.min, tf.sum].map((op) => op(x)),
    ];
    return { y: all.reduce((sum, term) => tf.add(sum, term)) };
  };
  const x = tf.tensor1d([0.2, 0.5, 0.9, 3]);
  const captured = capture(({ x }: { x: tf.Tensor }) => ({ y: fuse([x], () => [fn({ x }).y])[0] }));
  const { y } = captured({ x });
  close(
    y,
    tf.tidy(() => fn({ x }).y),
  );
  captured.dispose();
  tf.dispose([x, y]);
});

onNative('a kernel reads its inputs and nothing else', () => {
  const [x, other] = [tf.ones([2]), tf.ones([2])];
  const fn = ({ x: given }: { x?: tf.Tensor }): { y: tf.Tensor } => ({
    y: fuse([given as tf.Tensor], () => [tf.add(given as tf.Tensor, other)])[0],
  });
  expect(() => trace(fn, { x }, { fuse: true })).toThrow(CaptureError);
  expect(() => trace(fn, { x }, { fuse: true })).toThrow(/not among their inputs/);
  tf.dispose([x, other]);
});
