import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, laid, partition } from '../src/bucket.js';
import { adamW, Optimizer } from '../src/index.js';

test('each name stands in one lane, with its like, in order, and large ones alone', () => {
  const names = fc.uniqueArray(
    fc.record({ name: fc.string(), key: fc.constantFrom('a', 'b'), size: fc.integer({ min: 1, max: 2 ** 21 }) }),
    {
      selector: ({ name }) => name,
    },
  );
  fc.assert(
    fc.property(names, (drawn) => {
      const facts = new Map(drawn.map(({ name, ...rest }) => [name, rest]));
      const parts = partition(
        facts.keys(),
        (name) => facts.get(name)!.key,
        (name) => facts.get(name)!.size,
      );
      expect(parts.flat(2).sort()).toEqual([...facts.keys()].sort());
      const order = [...facts.keys()];
      const sizeOf = (part: readonly string[]): number => part.reduce((sum, name) => sum + facts.get(name)!.size, 0);
      for (const bucket of parts) {
        expect(new Set(bucket.flat().map((name) => facts.get(name)!.key)).size).toBe(1);
        if (bucket.length > 1) expect(sizeOf(bucket.flat())).toBeLessThanOrEqual(2 ** 24);
      }
      for (const lane of parts.flat()) {
        expect(lane).toEqual(order.filter((name) => lane.includes(name)));
        if (lane.length > 1) expect(sizeOf(lane)).toBeLessThanOrEqual(2 ** 16);
      }
    }),
    { numRuns: 50, seed: 1 },
  );
});

test('cut gives back what was laid end to end', () => {
  const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(shapes, (drawn) =>
      tf.tidy(() => {
        const tensors = drawn.map((shape, i) => tf.randomNormal(shape, 0, 1, 'float32', i + 1));
        cut(laid(tensors), drawn).forEach((tensor, i) => {
          expect(tensor.shape).toEqual(drawn[i]);
          expect([...tensor.dataSync()]).toEqual([...tensors[i].dataSync()]);
        });
      }),
    ),
    { numRuns: 30, seed: 2 },
  );
});

test('parameters that move together move as each would alone, whichever of them have a gradient', () => {
  const steps = fc.array(fc.subarray([0, 1, 2, 3]), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(steps, fc.nat(1000), (present, seed) => {
      const before = tf.memory().numTensors;
      const value = (i: number, t: number): tf.Tensor => tf.randomNormal([i + 1, 2], 0, 1, 'float32', seed * 1000 + i * 100 + t + 1);
      const start = (): Map<string, tf.Variable> => new Map([0, 1, 2, 3].map((i) => [`p${i}`, tf.tidy(() => tf.variable(value(i, 99)))]));
      const groups = [{ match: /p[12]/, weightDecay: 0 }];
      const together = start();
      const joint = new Optimizer(adamW(), together, { groups });
      present.forEach((some, t) => tf.tidy(() => joint.step(new Map(some.map((i) => [`p${i}`, value(i, t)])), 0.1)));
      const apart = start();
      for (const [i, [name, variable]] of [...apart].entries()) {
        const alone = new Optimizer(adamW(i === 1 || i === 2 ? { weightDecay: 0 } : {}), new Map([[name, variable]]));
        present.forEach((some, t) => some.includes(i) && tf.tidy(() => alone.step(new Map([[name, value(i, t)]]), 0.1)));
        expect([...variable.dataSync()]).toEqual([...together.get(name)!.dataSync()]);
        for (const [key, { data }] of alone.state()) expect(joint.state().get(key)?.data).toEqual(data);
        alone.dispose();
      }
      joint.dispose();
      tf.dispose([...together.values(), ...apart.values()]);
      expect(tf.memory().numTensors).toBe(before);
    }),
    { numRuns: 30, seed: 3 },
  );
});
