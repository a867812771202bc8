import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { selectiveScan, type SelectiveScanOptions } from '../src/index.js';
import { recurrence, type Recurrence } from '../src/selective-scan-recurrence.js';
import { apart } from './apart.js';

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const problem = fc.record({
  groups: size(3),
  batch: size(2),
  length: size(40),
  channels: size(3),
  states: size(4),
  chunk: size(45),
  seed: fc.nat(),
});
type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never;

const forAll = (check: (given: Recurrence, problem: Problem) => void, numRuns = 25): void =>
  fc.assert(
    fc.property(problem, (drawn) => tf.tidy(() => check(recurrenceOf(drawn), drawn))),
    { numRuns, seed: 1 },
  );

function recurrenceOf({ groups, batch, length, channels, states, seed }: Problem): Recurrence {
  const normal = (shape: [number, number, number, number], i: number): tf.Tensor4D => tf.randomNormal(shape, 0, 1, 'float32', seed + i);
  return {
    u: normal([groups, batch, length, channels], 1),
    delta: tf.abs(normal([groups, batch, length, channels], 2)),
    A: tf.neg(tf.add(tf.abs(tf.randomNormal<tf.Rank.R3>([groups, states, channels], 0, 1, 'float32', seed + 3)), 0.01)),
    B: normal([groups, batch, length, states], 4),
    C: normal([groups, batch, length, states], 5),
    initial: normal([groups, batch, states, channels], 6),
  };
}

/** Value and all gradients of a weighted sum of y and the last state. */
function withGradients(given: Recurrence, run: (given: Recurrence) => { y: tf.Tensor; lastState: tf.Tensor }): tf.Tensor[] {
  const names = Object.keys(given) as (keyof Recurrence)[];
  const weighted = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(x, tf.cos(tf.reshape(tf.range(0, x.size), x.shape))));
  const { value, grads } = tf.valueAndGrads((...xs: tf.Tensor[]) => {
    const { y, lastState } = run(Object.fromEntries(names.map((name, i) => [name, xs[i]])) as unknown as Recurrence);
    return tf.add(weighted(y), weighted(lastState)) as tf.Scalar;
  })(names.map((name) => given[name] as tf.Tensor));
  return [value, ...grads];
}

/** The formula, token by token, in ops that tfjs differentiates itself. */
function slowly({ u, delta, A, B, C, initial }: Recurrence): { y: tf.Tensor; lastState: tf.Tensor } {
  const at = (x: tf.Tensor4D, t: number): tf.Tensor => tf.squeeze(tf.slice(x, [0, 0, t, 0], [-1, -1, 1, -1]), [2]);
  let h: tf.Tensor = initial!;
  const ys = Array.from({ length: u.shape[2] }, (_, t) => {
    const step = tf.expandDims(at(delta, t), 2); // [G,b,1,E]
    const decay = tf.exp(tf.mul(step, tf.expandDims(A, 1)));
    h = tf.add(tf.mul(decay, h), tf.mul(tf.mul(step, tf.expandDims(at(u, t), 2)), tf.expandDims(at(B, t), 3)));
    return tf.sum(tf.mul(h, tf.expandDims(at(C, t), 3)), 2);
  });
  return { y: tf.stack(ys, 2), lastState: h };
}

const expectSame = (got: readonly tf.Tensor[], want: readonly tf.Tensor[]): void =>
  got.forEach((x, i) => expect(apart(x, want[i])).toBeLessThan(2e-4 * (1 + tf.max(tf.abs(want[i])).dataSync()[0])));

test('agrees with the formula token by token, gradients included, whatever the size of a chunk', () =>
  forAll((given, { chunk }) =>
    expectSame(
      withGradients(given, (x) => recurrence(x, chunk)),
      withGradients(given, slowly),
    ),
  ));

test('a sequence in two parts is the same as the whole, when the second starts from the state that the first left', () =>
  forAll((given, { length, chunk }) => {
    const cut = Math.floor(length / 2);
    if (cut === 0) return;
    const part = (begin: number, size: number): Recurrence => {
      const sliced = (x: tf.Tensor4D): tf.Tensor4D => tf.slice(x, [0, 0, begin, 0], [-1, -1, size, -1]);
      return { ...given, u: sliced(given.u), delta: sliced(given.delta), B: sliced(given.B), C: sliced(given.C) };
    };
    const whole = recurrence(given, chunk);
    const first = recurrence(part(0, cut), chunk);
    const second = recurrence({ ...part(cut, length - cut), initial: first.lastState }, chunk);
    expectSame([tf.concat([first.y, second.y], 2), second.lastState], [whole.y, whole.lastState]);
  }));

interface Inputs {
  readonly args: readonly [u: tf.Tensor3D, delta: tf.Tensor3D, A: tf.Tensor2D, B: tf.Tensor4D, C: tf.Tensor4D];
  readonly options: SelectiveScanOptions;
}

/** [b,L,D] with everything that can be asked for. */
function scanInputs({ groups, batch, length, channels, states, seed }: Problem): Inputs {
  const normal = <T extends tf.Tensor>(shape: number[], i: number): T => tf.randomNormal(shape, 0, 1, 'float32', seed + i) as unknown as T;
  const width = groups * channels;
  const A = tf.neg(tf.exp(normal<tf.Tensor2D>([width, states], 3)));
  const weights = (i: number): tf.Tensor4D => normal([batch, length, groups, states], i);
  return {
    args: [normal([batch, length, width], 1), normal([batch, length, width], 2), A, weights(4), weights(5)],
    options: { D: normal([width], 6), z: normal([batch, length, width], 7), deltaBias: normal([width], 8), deltaSoftplus: true },
  };
}

test('from the end is the same as reversing what comes in and what goes out', () =>
  forAll((_, drawn) => {
    const { args, options } = scanInputs(drawn);
    const [u, delta, A, B, C] = args;
    const back = <T extends tf.Tensor>(x: T): T => tf.reverse(x, 1);
    const reversed = selectiveScan(back(u), back(delta), A, back(B), back(C), { ...options, z: back(options.z!) });
    const { y, lastState } = selectiveScan(...args, { ...options, reverse: true });
    expectSame([y, lastState], [back(reversed.y), reversed.lastState]);
  }, 10));

test('a channel uses the weights of its own group', () =>
  forAll((_, drawn) => {
    const { args, options } = scanInputs({ ...drawn, groups: 2 });
    const [u, delta, A, B, C] = args;
    const half = <T extends tf.Tensor>(x: T, axis: number, i: number): T => tf.split(x, 2, axis)[i] as T;
    const { y } = selectiveScan(...args, options);
    const parts = [0, 1].map((i) => {
      const own = { ...options, D: half(options.D!, 0, i), z: half(options.z!, 2, i), deltaBias: half(options.deltaBias!, 0, i) };
      return selectiveScan(half(u, 2, i), half(delta, 2, i), half(A, 0, i), half(B, 2, i), half(C, 2, i), own).y;
    });
    expectSame([y], [tf.concat(parts, 2)]);
  }, 10));

test('a step of size 0 keeps the state, and later tokens never change earlier outputs', () =>
  forAll((_, drawn) => {
    const { args } = scanInputs({ ...drawn, length: drawn.length + 1 });
    const [u, delta, A, B, C] = args;
    const still = tf.concat([tf.abs(tf.slice(delta, [0, 0, 0], [-1, drawn.length, -1])), tf.zeros([u.shape[0], 1, u.shape[2]])], 1);
    const shorter = <T extends tf.Tensor>(x: T): T => tf.slice(x, x.shape.map(() => 0), x.shape.map((n, i) => (i === 1 ? drawn.length : n))); // prettier-ignore
    const whole = selectiveScan(u, still as tf.Tensor3D, A, B, C);
    const part = selectiveScan(shorter(u), shorter(still as tf.Tensor3D), A, shorter(B), shorter(C));
    expectSame([whole.lastState, shorter(whole.y)], [part.lastState, part.y]);
  }, 10));

test('keeps no tensor besides its results', () =>
  forAll((_, drawn) => {
    const { args, options } = scanInputs(drawn);
    const before = tf.memory().numTensors;
    selectiveScan(...args, options);
    expect(tf.memory().numTensors).toBe(before + 2);
    const [u, delta, A, B, C] = args;
    tf.grad((x) => selectiveScan(x as tf.Tensor3D, delta, A, B, C, options).y)(u);
    expect(tf.memory().numTensors).toBe(before + 3);
  }, 5));

test('names what does not fit', () => {
  const [u, A, B] = [tf.zeros<tf.Rank.R3>([1, 4, 6]), tf.zeros<tf.Rank.R2>([6, 2]), tf.zeros<tf.Rank.R4>([1, 4, 1, 2])];
  const empty = tf.zeros<tf.Rank.R3>([1, 0, 6]);
  const groups = tf.zeros<tf.Rank.R4>([1, 4, 4, 2]);
  expect(() => selectiveScan(empty, empty, A, B, B)).toThrow('selectiveScan: u must have at least one token, got 0');
  expect(() => selectiveScan(u, tf.zeros([1, 4, 5]), A, B, B)).toThrow('selectiveScan: delta must have shape [1,4,6], got [1,4,5]');
  expect(() => selectiveScan(u, u, tf.zeros([5, 2]), B, B)).toThrow('selectiveScan: A must have shape [6,*], got [5,2]');
  expect(() => selectiveScan(u, u, A, tf.zeros([1, 4, 1, 3]), B)).toThrow('selectiveScan: B must have shape [1,4,*,2], got [1,4,1,3]');
  expect(() => selectiveScan(u, u, A, B, tf.zeros([1, 3, 1, 2]))).toThrow('selectiveScan: C must have shape [1,4,1,2], got [1,3,1,2]');
  expect(() => selectiveScan(u, u, A, groups, groups)).toThrow('the groups of B and C must divide the channels of u (6), got 4');
  expect(() => selectiveScan(u, u, A, B, B, { D: tf.zeros([5]) })).toThrow('selectiveScan: D must have shape [6], got [5]');
  expect(() => selectiveScan(u, u, A, B, B, { z: tf.zeros([1, 4, 5]) })).toThrow('selectiveScan: z must have shape [1,4,6], got [1,4,5]');
  expect(() => selectiveScan(u, u, A, B, B, { deltaBias: tf.zeros([5]) })).toThrow('selectiveScan: deltaBias must have shape [6], got [5]');
});
