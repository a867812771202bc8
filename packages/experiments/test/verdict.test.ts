import fc from 'fast-check';
import { expect, test } from 'vitest';
import { halfWidth, verdictOf } from '../src/index.js';

const difference = fc.double({ min: -10, max: 10, noNaN: true });
const differences = fc.array(difference, { maxLength: 40 });
const opposite = { held: 'not held', 'not held': 'held', 'within spread': 'within spread', 'too few runs': 'too few runs' } as const;

test.each([
  [[9.5, 7.7, 6.2], 'held'],
  [[-9.5, -7.7, -6.2], 'not held'],
  [[2.2, 2.7, 0.1], 'within spread'], // the sign in every run, but within 4.30 sd / sqrt(3)
  [[0.4, 2.5, -0.9], 'within spread'],
  [[1, 1, 1], 'held'],
  [[0, 0, 0], 'within spread'],
  [[5, 6], 'too few runs'],
  [[], 'too few runs'],
] as const)('%j: %s', (values, verdict) => {
  expect(verdictOf(values)).toBe(verdict);
});

test('beyond the interval, but with one run against the claim: within spread', () => {
  const values = [1, 1, 1, 1, 1, 1, 1, 1, 1, -0.1];
  expect(values.reduce((sum, value) => sum + value, 0) / 10).toBeGreaterThan(halfWidth(values)!);
  expect(verdictOf(values)).toBe('within spread');
});

test('swapping the rows swaps held and not held', () => {
  fc.assert(
    fc.property(differences, (values) => {
      expect(verdictOf(values.map((value) => -value))).toBe(opposite[verdictOf(values)]);
    }),
    { seed: 1 },
  );
});

test('does not depend on the order of the runs, nor on the unit', () => {
  const shuffled = differences.chain((values) => fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length })));
  fc.assert(
    fc.property(shuffled, fc.constantFrom(0.5, 2, 128), ([values, others], unit) => {
      fc.pre(Math.abs(mean(values)) === 0 || Math.abs(Math.abs(mean(values)) / (halfWidth(values) ?? 1) - 1) > 1e-6); // not on the edge
      expect(verdictOf(others)).toBe(verdictOf(values));
      expect(verdictOf(values.map((value) => unit * value))).toBe(verdictOf(values));
    }),
    { seed: 1 },
  );
});

test('held means every run has the claimed sign', () => {
  fc.assert(
    fc.property(differences, (values) => {
      if (verdictOf(values) === 'held') expect(Math.min(...values)).toBeGreaterThan(0);
    }),
    { seed: 1 },
  );
});

test("the interval is Student's: 4.30 sd / sqrt(3) for three runs, 2.78 sd / sqrt(5) for five", () => {
  expect(halfWidth([1, 2, 3])).toBeCloseTo(4.303 / Math.sqrt(3), 10);
  expect(halfWidth([1, 2, 3, 4, 5])).toBeCloseTo((2.776 * Math.sqrt(2.5)) / Math.sqrt(5), 10);
  expect(halfWidth([1])).toBeUndefined();
});

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
