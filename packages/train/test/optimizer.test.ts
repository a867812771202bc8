import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adam, adamW, Optimizer, sgd, type ParameterGroup, type UpdateRule } from '../src/index.js';

interface Run {
  readonly rule: UpdateRule;
  readonly seed: number;
  readonly steps?: number;
  readonly groups?: readonly ParameterGroup[];
  readonly names?: readonly string[];
}

const gradientOf = (seed: number, t: number): tf.Tensor => tf.randomNormal([2, 3], 0, 1, 'float32', seed * 100 + t + 2); // tfjs takes a seed of 0 for none

/** The values of each parameter after some steps at the rate 0.01 along seeded gradients; frees everything. */
function train({ rule, seed, steps = 4, groups, names = ['w'] }: Run): number[][] {
  const before = tf.memory().numTensors;
  const parameters = new Map(names.map((name) => [name, tf.tidy(() => tf.variable(gradientOf(seed, -1)))]));
  const optimizer = new Optimizer(rule, parameters, { groups });
  for (let t = 0; t < steps; t++) tf.tidy(() => optimizer.step(new Map(names.map((name) => [name, gradientOf(seed, t)])), 0.01));
  const values = [...parameters.values()].map((variable) => [...variable.dataSync()]);
  optimizer.dispose();
  tf.dispose([...parameters.values()]);
  expect(tf.memory().numTensors).toBe(before);
  return values;
}

/** The same in float64 on numbers, as the papers write it. */
function reference(kind: 'adam' | 'adamW' | 'sgd', seed: number, { weightDecay = 0, momentum = 0, nesterov = false }): number[] {
  const start = tf.tidy(() => [...gradientOf(seed, -1).dataSync()]);
  const gradients = Array.from({ length: 4 }, (_, t) => tf.tidy(() => [...gradientOf(seed, t).dataSync()]));
  return start.map((value, i) => {
    let [p, m, v] = [value, 0, 0];
    gradients.forEach((all, t) => {
      const g = kind === 'adamW' ? all[i] : all[i] + weightDecay * p;
      if (kind === 'sgd') {
        m = momentum * m + g;
        p -= 0.01 * (nesterov ? g + momentum * m : m);
        return;
      }
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      if (kind === 'adamW') p *= 1 - 0.01 * weightDecay;
      p -= (0.01 * (m / (1 - 0.9 ** (t + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (t + 1))) + 1e-8);
    });
    return p;
  });
}

const close = (got: readonly number[], want: readonly number[]): void => got.forEach((value, i) => expect(value).toBeCloseTo(want[i], 5));
const forAll = (check: (seed: number, weightDecay: number) => void): void =>
  fc.assert(fc.property(fc.nat(10_000), fc.constantFrom(0, 0.01, 0.5), check), { numRuns: 15, seed: 1 });

test('each rule agrees with its equations in float64', () =>
  forAll((seed, weightDecay) => {
    close(train({ rule: adam({ weightDecay }), seed })[0], reference('adam', seed, { weightDecay }));
    close(train({ rule: adamW({ weightDecay }), seed })[0], reference('adamW', seed, { weightDecay }));
    close(train({ rule: sgd({ weightDecay }), seed })[0], reference('sgd', seed, { weightDecay }));
    for (const nesterov of [false, true]) {
      const options = { weightDecay, momentum: 0.9, nesterov };
      close(train({ rule: sgd(options), seed })[0], reference('sgd', seed, options));
    }
  }));

test('without weight decay AdamW is Adam, bit for bit', () =>
  forAll((seed) => {
    expect(train({ rule: adamW({ weightDecay: 0 }), seed })).toEqual(train({ rule: adam(), seed }));
  }));

test('the first step of Adam has the length of the rate in each entry, whatever the gradient', () =>
  forAll((seed) => {
    const start = tf.tidy(() => [...gradientOf(seed, -1).dataSync()]);
    train({ rule: adam(), seed, steps: 1 })[0].forEach((value, i) => expect(Math.abs(value - start[i])).toBeCloseTo(0.01, 5));
  }));

test('a group has its own rate and decay, and the first that matches counts', () =>
  forAll((seed) => {
    const names = ['backbone.weight', 'backbone.norm', 'head'];
    const groups = [
      { match: /norm/g, weightDecay: 0 },
      { match: (name: string) => name.startsWith('backbone'), learningRate: 0 },
    ];
    const [frozen, norm, head] = train({ rule: sgd({ weightDecay: 0.5 }), seed, names, groups });
    expect(frozen).toEqual(train({ rule: sgd(), seed, steps: 0 })[0]);
    expect(norm).toEqual(train({ rule: sgd(), seed })[0]);
    expect(head).toEqual(train({ rule: sgd({ weightDecay: 0.5 }), seed })[0]);
  }));

test('saved and loaded, it goes on bit for bit', () =>
  forAll((seed, weightDecay) => {
    for (const rule of [adamW({ weightDecay }), sgd({ weightDecay, momentum: 0.9 }), sgd({ weightDecay })]) {
      const variable = tf.tidy(() => tf.variable(gradientOf(seed, -1)));
      const parameters = new Map([['w', variable]]);
      const first = new Optimizer(rule, parameters);
      const second = new Optimizer(rule, parameters);
      const step = (optimizer: Optimizer, t: number): void => tf.tidy(() => optimizer.step(new Map([['w', gradientOf(seed, t)]]), 0.01));
      step(first, 0);
      step(first, 1);
      second.loadState(first.state());
      step(second, 2);
      step(second, 3);
      expect([...variable.dataSync()]).toEqual(train({ rule, seed })[0]);
      first.dispose();
      second.dispose();
      variable.dispose();
    }
  }));

test('a parameter without a gradient stays, and so does its count of steps', () => {
  const [a, b] = tf.tidy(() => [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))]);
  const optimizer = new Optimizer(
    adamW({ weightDecay: 0.5 }),
    new Map([
      ['a', a],
      ['b', b],
    ]),
  );
  tf.tidy(() => optimizer.step(new Map([['a', tf.ones([2])]]), 0.1));
  expect([...b.dataSync()]).toEqual([1, 1]);
  expect([...optimizer.state().keys()]).toEqual(['step/a', 'exp_avg/a', 'exp_avg_sq/a']);
  optimizer.dispose();
  tf.dispose([a, b]);
});

test('names what does not fit, and moves nothing', () => {
  const variable = tf.tidy(() => tf.variable(tf.ones([2])));
  const optimizer = new Optimizer(adam(), new Map([['w', variable]]));
  tf.tidy(() => {
    const good = ['w', tf.ones([2])] as const;
    expect(() => optimizer.step(new Map([good, ['x', tf.ones([2])]]), 0.1)).toThrow('a gradient of x, which is no parameter');
    expect(() => optimizer.step(new Map([['w', tf.ones([3])]]), 0.1)).toThrow('the gradient of w has the shape [3], the parameter [2]');
  });
  const scalar = { shape: [], data: Float64Array.of(1) };
  expect(() => optimizer.loadState(new Map([['step/x', scalar]]))).toThrow('state of x, which is no parameter');
  expect(() => optimizer.loadState(new Map([['step/w', scalar]]))).toThrow('exp_avg of w must have the shape [2], got none');
  expect(() => optimizer.loadState(new Map([['momentum_buffer/w', scalar]]))).toThrow(
    '1 entries of the state belong to another rule than adam',
  );
  expect(() => new Optimizer(adam(), new Map([['w', variable]]), { groups: [{ match: /head/ }] })).toThrow(
    'no parameter matches the group /head/',
  );
  expect([...variable.dataSync()]).toEqual([1, 1]);
  expect(() => adam({ betas: [0.9, 1] })).toThrow('adam: betas must lie in [0, 1), got 0.9, 1');
  expect(() => adamW({ eps: 0 })).toThrow('adamW: eps must be positive, got 0');
  expect(() => adamW({ weightDecay: -1 })).toThrow('adamW: weightDecay must be at least 0, got -1');
  expect(() => sgd({ nesterov: true })).toThrow('nesterov needs a momentum');
  expect(() => sgd({ momentum: 1 })).toThrow('sgd: momentum must lie in [0, 1), got 1');
  expect(() => sgd({ weightDecay: NaN })).toThrow('sgd: weightDecay must be at least 0, got NaN');
  variable.dispose();
});
