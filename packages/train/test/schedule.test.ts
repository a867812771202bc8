import fc from 'fast-check';
import { expect, test } from 'vitest';
import { constantRate, cosineToZero, linearWarmup, warmupCosine } from '../src/index.js';

const config = fc
  .record({
    rate: fc.double({ min: 1e-6, max: 10, noNaN: true }),
    steps: fc.integer({ min: 1, max: 500 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ rate, steps, part }) => ({ rate, steps, warmupSteps: Math.floor(part * steps) }));
const forAll = (check: (drawn: { rate: number; steps: number; warmupSteps: number }) => void): void =>
  fc.assert(fc.property(config, check), { numRuns: 60, seed: 1 });
const stepsOf = (count: number): number[] => Array.from({ length: count }, (_, step) => step);

test('the rate stays within 0 and the base rate, and ends at 0', () =>
  forAll((drawn) => {
    const rate = cosineToZero(drawn);
    for (const step of stepsOf(drawn.steps + 10)) {
      expect(rate(step)).toBeGreaterThanOrEqual(0);
      expect(rate(step)).toBeLessThanOrEqual(drawn.rate);
    }
    expect(rate(drawn.steps)).toBe(0);
    expect(rate(drawn.steps + 1000)).toBe(0);
  }));

test('falls at every step after the warm-up, which rises evenly to the base rate', () =>
  forAll(({ rate: base, steps, warmupSteps }) => {
    const rate = cosineToZero({ rate: base, steps, warmupSteps });
    for (const step of stepsOf(steps)) if (step + 1 >= warmupSteps) expect(rate(step + 1)).toBeLessThan(rate(step));
    const warmup = linearWarmup(base, warmupSteps);
    for (const step of stepsOf(warmupSteps)) expect(warmup(step)).toBeCloseTo((base * (step + 1)) / warmupSteps, 10);
    expect(warmup(warmupSteps)).toBe(base);
  }));

test('a warm-up times a cosine, by hand', () => {
  const rate = cosineToZero({ rate: 2, steps: 4, warmupSteps: 2 });
  expect([0, 1, 2, 3, 4].map(rate)).toEqual(
    [1, 1 + Math.SQRT1_2, 1, 1 - Math.cos(Math.PI / 4), 0].map((value) => expect.closeTo(value, 12)),
  );
  expect(constantRate(3)(1e6)).toBe(3);
});

test('a line up and a cosine down meet their three rates, and go one way each', () =>
  forAll(({ rate: base, steps, warmupSteps }) => {
    const total = Math.max(steps, warmupSteps + 1);
    const [startRate, endRate] = [base / 100, base / 10];
    const rate = warmupCosine({ startRate, rate: base, endRate, warmupSteps, steps: total });
    if (warmupSteps > 0) expect(rate(0)).toBe(startRate);
    expect(rate(warmupSteps)).toBeCloseTo(base, 12);
    expect(rate(total)).toBeCloseTo(endRate, 12);
    expect(rate(total + 1000)).toBe(rate(total));
    for (const step of stepsOf(total)) {
      if (step < warmupSteps) expect(rate(step + 1)).toBeGreaterThan(rate(step));
      else expect(rate(step + 1)).toBeLessThan(rate(step));
    }
  }));

test('names what does not fit', () => {
  const warm = (more: object) => () => warmupCosine({ startRate: 0, rate: 1, warmupSteps: 2, steps: 4, ...more });
  expect(warm({ steps: 2 })).toThrow('warmupCosine: steps must be a whole number above warmupSteps, got 2 and 2');
  expect(warm({ endRate: -1 })).toThrow('warmupCosine: the rate must be finite and at least 0, got -1');
  expect(() => constantRate(-1)).toThrow('constantRate: the rate must be finite and at least 0, got -1');
  expect(() => linearWarmup(1, 0.5)).toThrow('warmupSteps must be a whole number, got 0.5');
  expect(() => cosineToZero({ rate: 1, steps: 0 })).toThrow('steps must be a positive whole number, got 0');
  expect(() => cosineToZero({ rate: NaN, steps: 1 })).toThrow('the rate must be finite and at least 0, got NaN');
});
