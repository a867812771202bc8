import { expect, test } from 'vitest';
import { meanAndSpread, overSeeds } from '../src/index.js';

test('mean and sample standard deviation', () => {
  expect(meanAndSpread([1, 2, 3, 4])).toEqual({ mean: 2.5, spread: Math.sqrt(5 / 3) });
  expect(meanAndSpread([7])).toEqual({ mean: 7 });
});

test('a cell over seeds has a spread from two runs on', () => {
  expect([[], [7], [1, 3]].map(overSeeds)).toEqual([null, 7, { mean: 2, spread: Math.sqrt(2) }]);
});
