import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shuffledBatches, shuffledIndices } from '../src/index.js';

const drawn = fc.record({ seed: fc.nat(), epoch: fc.nat(1000), count: fc.integer({ min: 1, max: 40 }) });
const rising = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('each epoch is a permutation, the same for the same seed and epoch', () => {
  fc.assert(
    fc.property(drawn, ({ seed, epoch, count }) => {
      const indices = shuffledIndices(seed, epoch, count);
      expect([...indices].sort((a, b) => a - b)).toEqual(rising(count));
      expect(shuffledIndices(seed, epoch, count)).toEqual(indices);
    }),
    { numRuns: 60, seed: 1 },
  );
});

test('epochs and seeds differ in order', () => {
  const orders = [0, 1, 2, 3].flatMap((seed) => [0, 1, 2].map((epoch) => shuffledIndices(seed, epoch, 30).join()));
  expect(new Set(orders).size).toBe(orders.length);
});

test('every sample comes first about equally often', () => {
  const counts = new Array<number>(5).fill(0);
  for (let epoch = 0; epoch < 2000; epoch++) counts[shuffledIndices(1, epoch, 5)[0]]++;
  for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(80); // 4.5 standard deviations
});

test('the batches of an epoch are disjoint and leave out less than one batch, in any order of asking', () => {
  const sizes = drawn.chain(({ seed, epoch, count }) =>
    fc.record({
      seed: fc.constant(seed),
      epoch: fc.constant(epoch),
      count: fc.constant(count),
      batchSize: fc.integer({ min: 1, max: count }),
    }),
  );
  fc.assert(
    fc.property(sizes, ({ seed, epoch, count, batchSize }) => {
      const place = shuffledBatches({ seed, count, batchSize });
      const batches = Math.floor(count / batchSize);
      const forward = rising(batches).map((i) => place(epoch * batches + i));
      const backward = rising(batches)
        .reverse()
        .map((i) => place(epoch * batches + i));
      expect(backward.reverse()).toEqual(forward);
      for (const batch of forward) expect(batch).toMatchObject({ epoch, indices: { length: batchSize } });
      expect(new Set(forward.flatMap(({ indices }) => indices)).size).toBe(batches * batchSize);
    }),
    { numRuns: 60, seed: 2 },
  );
});

test('a batch larger than the set is refused', () => {
  expect(() => shuffledBatches({ seed: 1, count: 3, batchSize: 4 })).toThrow('batchSize must lie in 1..count (3), got 4');
  expect(() => shuffledBatches({ seed: 1, count: 0, batchSize: 0 })).toThrow('batchSize must lie in 1..count (0), got 0');
});
