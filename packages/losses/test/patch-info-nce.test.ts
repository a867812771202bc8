import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { expect, test } from 'vitest';
import { cmuLoss, patchInfoNce, type PatchInfoNceOptions } from '../src/index.js';
import { apart, value } from './batches.js';
import { forAllSamples } from './samples.js';

type Negatives = NonNullable<PatchInfoNceOptions['negatives']>;
const kinds: readonly Negatives[] = ['otherImages', 'samePosition', 'all'];
const every: readonly PatchInfoNceOptions[] = [
  ...kinds.flatMap((negatives) => [
    { negatives, temperature: 0.5 },
    { negatives, symmetric: true, normalize: false, temperature: 2 },
  ]),
  { granularity: 'image' },
];
const gradients = (sar: tf.Tensor, rgb: tf.Tensor, options?: PatchInfoNceOptions): tf.Tensor[] =>
  tf.grads((a, b) => patchInfoNce(a as tf.Tensor3D, b as tf.Tensor3D, options))([sar, rgb]);
const largest = (x: tf.Tensor): number => value(tf.max(tf.abs(x)));

/** The definition, anchor by anchor, of tokens as they are. */
function reference(sar: number[][][], rgb: number[][][], negatives: Negatives, temperature: number): number {
  const isNegative = (image: number, position: number, of: number, at: number): boolean => {
    if (negatives === 'all') return image !== of || position !== at;
    return image !== of && (negatives === 'otherImages' || position === at);
  };
  const losses = sar.flatMap((tokens, of) =>
    tokens.map((anchor, at) => {
      const exponential = (token: number[]): number => Math.exp(token.reduce((sum, one, i) => sum + one * anchor[i], 0) / temperature);
      const others = rgb.flatMap((list, image) => list.filter((_, position) => isNegative(image, position, of, at)).map(exponential));
      const positive = exponential(rgb[of][at]);
      return -Math.log(positive / others.reduce((sum, one) => sum + one, positive));
    }),
  );
  return losses.reduce((sum, one) => sum + one, 0) / losses.length;
}

test('is its definition for each choice of negatives', () =>
  forAllSamples(({ x, z }) => {
    const [hostX, hostZ] = [x.arraySync(), z.arraySync()];
    for (const negatives of kinds)
      expect(value(patchInfoNce(x, z, { negatives, normalize: false, temperature: 3 }))).toBeCloseTo(
        reference(hostX, hostZ, negatives, 3),
        4,
      );
  }));

test('has the slope of its own values', () =>
  forAllSamples(({ x, z }) => {
    for (const options of every.slice(0, -1)) {
      const [dx, dz] = gradients(x, z, options);
      const along = (step: number): number =>
        value(patchInfoNce(tf.add(x, tf.mul(tf.sin(x), step)), tf.add(z, tf.mul(tf.cos(z), step)), options));
      const slope = value(tf.add(tf.sum(tf.mul(dx, tf.sin(x))), tf.sum(tf.mul(dz, tf.cos(z)))));
      expect(Math.abs((along(0.01) - along(-0.01)) / 0.02 - slope)).toBeLessThan(0.01 * Math.max(1, Math.abs(slope)));
    }
  }));

test('is at least 0, and 0 with a zero gradient for one image without negatives', () =>
  forAllSamples(({ x, z }) => {
    for (const options of every) {
      expect(value(patchInfoNce(x, z, options))).toBeGreaterThanOrEqual(-1e-6);
      if (options.negatives === 'all') continue;
      const [one, other] = [x, z].map((tokens) => tf.slice(tokens, 0, [1, ...tokens.shape.slice(1)])) as tf.Tensor3D[];
      expect(value(patchInfoNce(one, other, options))).toBeCloseTo(0, 6);
      for (const gradient of gradients(one, other, options)) expect(largest(gradient)).toBeLessThan(1e-6);
    }
  }));

test('does not depend on the order of the images or positions, nor on the lengths of tokens at length 1', () =>
  forAllSamples(({ x, z }) => {
    for (const options of every.filter(({ normalize }) => normalize !== false)) {
      const here = value(patchInfoNce(x, z, options));
      expect(value(patchInfoNce(tf.reverse(x, [0, 1]), tf.reverse(z, [0, 1]), options))).toBeCloseTo(here, 4);
      expect(value(patchInfoNce(tf.mul(x, 3), tf.mul(z, 0.1), options))).toBeCloseTo(here, 3);
    }
  }));

test('is the same for both sensors first, if it is symmetric', () =>
  forAllSamples(({ x, z }) => {
    for (const negatives of kinds)
      expect(value(patchInfoNce(x, z, { negatives, symmetric: true }))).toBeCloseTo(
        value(patchInfoNce(z, x, { negatives, symmetric: true })),
        4,
      );
  }));

test('compares mean tokens with each other, whatever the negatives', () =>
  forAllSamples(({ x, z }) => {
    const [meanX, meanZ] = [x, z].map((tokens) => tf.mean(tokens, 1, true)) as tf.Tensor3D[];
    for (const negatives of kinds)
      expect(value(patchInfoNce(x, z, { granularity: 'image', negatives }))).toBeCloseTo(value(patchInfoNce(meanX, meanZ)), 4);
  }));

test('runs as a captured graph, gradient included', () => {
  const [sar, rgb] = [1, 2].map((seed) => tf.randomNormal<tf.Rank.R3>([3, 100, 8], 0, 1, 'float32', seed));
  for (const options of every) {
    const run = capture(({ x }: { x: tf.Tensor }) => ({ gradient: gradients(x, rgb, options)[0] }));
    expect(apart(run({ x: sar }).gradient, gradients(sar, rgb, options)[0])).toBeLessThan(1e-6);
    run.dispose();
  }
});

test('the unification of several blocks is their mean', () =>
  forAllSamples(({ x, z }) => {
    const wave = tf.sin(x) as tf.Tensor3D;
    expect(value(cmuLoss([x, wave], [z, z], { temperature: 0.5 }))).toBeCloseTo(
      (value(patchInfoNce(x, z, { temperature: 0.5 })) + value(patchInfoNce(wave, z, { temperature: 0.5 }))) / 2,
      4,
    );
    expect(value(cmuLoss([x, wave], [z, z], { kind: 'mse' }))).toBeCloseTo(
      (value(tf.mean(tf.squaredDifference(x, z))) + value(tf.mean(tf.squaredDifference(wave, z)))) / 2,
      4,
    );
    expect(value(cmuLoss([x], [z], { kind: 'l1' }))).toBeCloseTo(value(tf.mean(tf.abs(tf.sub(x, z)))), 4);
  }));

test('equal tokens have a zero gradient under mse and l1', () =>
  forAllSamples(({ x }) => {
    for (const kind of ['mse', 'l1'] as const)
      expect(largest(tf.grad((tokens) => cmuLoss([tokens as tf.Tensor3D], [tf.clone(x)], { kind }))(x))).toBe(0);
  }));

test('keeps no tensor besides its result', () =>
  forAllSamples(({ x, z }) => {
    for (const options of every) {
      const before = tf.memory().numTensors;
      patchInfoNce(x, z, options);
      expect(tf.memory().numTensors).toBe(before + 1);
      gradients(x, z, options);
      expect(tf.memory().numTensors).toBe(before + 3);
    }
  }));

test('names what does not fit', () => {
  const tokens = tf.zeros<tf.Rank.R3>([2, 3, 4]);
  expect(() => patchInfoNce(tokens, tf.zeros([2, 4, 4]))).toThrow('patchInfoNce: rgb must have shape [2,3,4], got [2,4,4]');
  expect(() => patchInfoNce(tokens, tokens, { temperature: -1 })).toThrow('patchInfoNce: temperature must be positive, got -1');
  expect(() => cmuLoss([tokens], [])).toThrow('cmuLoss: sars and rgbs must hold the same blocks, one or more, got 1 and 0');
  expect(() => cmuLoss([tokens], [tf.zeros([2, 3, 5])])).toThrow('cmuLoss: rgbs[0] must have shape [2,3,4], got [2,3,5]');
});
