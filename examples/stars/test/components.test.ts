import { expect, test } from 'vitest';
import { countComponents } from '../src/components.js';

test('counts pieces that touch at sides or corners as one', () => {
  const mask = [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1];
  expect(countComponents(mask, 4, 4)).toBe(4);
  expect(countComponents(mask.map((value) => 1 - value), 4, 4)).toBe(1); // prettier-ignore
});

test('an empty mask has none, a full one one', () => {
  expect(countComponents(new Uint8Array(12), 3, 4)).toBe(0);
  expect(countComponents(new Uint8Array(12).fill(1), 3, 4)).toBe(1);
});
