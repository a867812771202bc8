import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareJson, compareTensors, Mismatch } from '../src/compare.js';

const tolerance = { rtol: 1e-3, atol: 1e-6 };
const tensor = (...data: number[]) => ({ shape: [data.length], data });

test('values pass exactly when the largest difference is within atol + rtol * largest wanted value', () =>
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 8 }),
      fc.nat(7),
      fc.double({ min: -3, max: 3, noNaN: true }),
      (want, place, share) => {
        const allowed = tolerance.atol + tolerance.rtol * Math.max(...want.map(Math.abs));
        const got = want.map((value, i) => (i === place % want.length ? value + share * allowed : value));
        fc.pre(Math.abs(Math.abs(share) - 1) > 1e-6); // not on the edge, where rounding decides
        const compare = () => compareTensors('y', tensor(...got), tensor(...want), tolerance);
        if (Math.abs(share) < 1) expect(compare().ofTolerance).toBeCloseTo(Math.abs(share), 3);
        else expect(compare).toThrow(Mismatch);
      },
    ),
    { seed: 1 },
  ));

describe('a mismatch', () => {
  test('of shape', () => {
    expect(() => compareTensors('y', tensor(1, 2), { shape: [2, 1], data: [1, 2] }, tolerance)).toThrow('y: shape [2], expected [2,1]');
  });

  test('of NaN and infinity, whichever side has them', () => {
    expect(() => compareTensors('y', tensor(1, NaN), tensor(1, 2), tolerance)).toThrow('y[1]: NaN, expected 2');
    expect(() => compareTensors('y', tensor(1, 2), tensor(1, Infinity), tolerance)).toThrow('y[1]: 2, expected Infinity');
    expect(compareTensors('y', tensor(NaN, -Infinity), tensor(NaN, -Infinity), tolerance).relative).toBe(0);
  });

  test('of values that are missing', () => {
    expect(() => compareTensors('y', { shape: [2], data: [1] }, tensor(1, 2), tolerance)).toThrow('y[1]: NaN, expected 2');
    expect(() => compareJson('out', { a: 1 }, { a: 1, b: 2 }, tolerance)).toThrow('out.b: undefined, expected 2');
    expect(() => compareJson('out', [1], [1, 2], tolerance)).toThrow('out: [1], expected 2 entries');
  });
});

test('JSON: null is NaN or absent, numbers may be names, keys that are not listed do not count', () => {
  expect(compareJson('out', { a: NaN, b: Infinity, more: 'x' }, { a: null, b: 'Infinity', c: null }, tolerance).relative).toBe(0);
  expect(() => compareJson('out', 0, null, tolerance)).toThrow('out: 0, expected none');
  expect(() => compareJson('out', 'scene', 'patch', tolerance)).toThrow('out: "scene", expected "patch"');
});
