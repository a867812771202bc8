import { expect, test } from 'vitest';
import { meanAndSpread } from '../src/index.js';

test('mean and sample standard deviation', () => {
  expect(meanAndSpread([1, 2, 3, 4])).toEqual({ mean: 2.5, spread: Math.sqrt(5 / 3) });
  expect(meanAndSpread([7])).toEqual({ mean: 7 });
});
