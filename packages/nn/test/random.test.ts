import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../src/random.js';

const draws = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.uniform());
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test('one seed fixes the stream, and a saved state goes on where it was', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat({ max: 20 }), (seed, before) => {
      const random = new Random(seed);
      const whole = draws(new Random(seed), before + 5);
      expect(draws(random, before)).toEqual(whole.slice(0, before));
      expect(draws(Random.fromState(random.state), 5)).toEqual(whole.slice(before));
    }),
    { seed: 1 },
  );
});
test('neighbouring seeds and forks give unrelated streams', () => {
  for (let seed = 0; seed < 50; seed++) {
    const streams = [draws(new Random(seed), 200), draws(new Random(seed + 1), 200), draws(new Random(seed).fork(), 200)];
    for (const [i, a] of streams.entries()) for (const b of streams.slice(i + 1)) expect(Math.abs(correlation(a, b))).toBeLessThan(0.3); // 4 standard errors
  }
});
test('a fork of a fork differs from both, and the parent moves on', () => {
  const parent = new Random(7);
  const streams = [parent.fork(), parent.fork(), parent.fork().fork(), parent].map((random) => draws(random, 3).join());
  expect(new Set(streams).size).toBe(4);
});
test('uniform, normal and integer have their moments', () => {
  const random = new Random(3);
  const uniform = draws(random, 20_000);
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...uniform)).toBeLessThan(1);
  expect(mean(uniform)).toBeCloseTo(0.5, 1.5);
  const normal = Array.from({ length: 20_000 }, () => random.normal());
  expect(mean(normal)).toBeCloseTo(0, 1.5);
  expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1);
  expect(mean(normal.map((value) => value ** 4))).toBeCloseTo(3, 0.3);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 6_000; i++) counts[random.integer(6)]++;
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150); // 5 standard deviations
});
test('names what is wrong', () => {
  expect(() => new Random(0.5)).toThrow('Random: seed must be a safe integer, got 0.5');
  expect(() => new Random(0).integer(0)).toThrow('Random: below must be a positive integer, got 0');
  expect(() => Random.fromState([1, 2, 3])).toThrow('Random: state must be four 32-bit integers, not all 0, got [1,2,3]');
});

function correlation(a: number[], b: number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, i) => (value - ma) * (b[i] - mb)));
  return covariance / Math.sqrt(mean(a.map((value) => (value - ma) ** 2)) * mean(b.map((value) => (value - mb) ** 2)));
}
