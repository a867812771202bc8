import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clipGradNorm } from '../src/index.js';

const norm = (gradients: ReadonlyMap<string, tf.Tensor>): number =>
  Math.hypot(...[...gradients.values()].flatMap((gradient) => [...gradient.dataSync()]));

const forAll = (check: (gradients: Map<string, tf.Tensor>, maxNorm: number) => void): void =>
  fc.assert(
    fc.property(fc.nat(10_000), fc.constantFrom(0, 1e-3, 1, 1e3), fc.double({ min: 0.01, max: 10 }), (seed, scale, maxNorm) =>
      tf.tidy(() => {
        const shapes = [[2, 3], [4], []];
        const gradients = shapes.map((shape, i) => [`p${i}`, tf.randomNormal(shape, 0, scale, 'float32', seed + i + 1)] as const);
        check(new Map<string, tf.Tensor>(gradients), maxNorm);
      }),
    ),
    { numRuns: 40, seed: 1 },
  );

test('the norm comes out at most maxNorm, never larger than before, and is returned as it was', () =>
  forAll((gradients, maxNorm) => {
    const clipped = clipGradNorm(gradients, maxNorm);
    const before = norm(gradients);
    expect(clipped.norm.dataSync()[0]).toBeCloseTo(before, before > 100 ? 1 : 4);
    expect(norm(clipped.gradients)).toBeLessThanOrEqual(Math.min(before, maxNorm) * (1 + 1e-5));
  }));

test('gradients within the bound stay as they are, larger ones keep their direction', () =>
  forAll((gradients, maxNorm) => {
    const factor = Math.min(1, maxNorm / (norm(gradients) + 1e-6));
    for (const [name, clipped] of clipGradNorm(gradients, maxNorm).gradients) {
      const given = gradients.get(name)!.dataSync();
      clipped.dataSync().forEach((value, i) => expect(value).toBeCloseTo(given[i] * factor, 4));
    }
  }));

test('keeps only its results, and refuses a bound that is not positive', () => {
  tf.tidy(() => {
    const gradients = new Map([
      ['a', tf.ones([2])],
      ['b', tf.ones([3])],
    ]);
    const before = tf.memory().numTensors;
    clipGradNorm(gradients, 1);
    expect(tf.memory().numTensors).toBe(before + 3);
    expect(() => clipGradNorm(gradients, 0)).toThrow('maxNorm must be positive, got 0');
    expect(clipGradNorm(new Map(), 1).norm.dataSync()[0]).toBe(0);
  });
});
