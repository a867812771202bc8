import fc from 'fast-check';
import { expect, test } from 'vitest';
import { borderBand, pieces } from '../src/borders.js';

test('a band follows the border on both sides', () => {
  const data = [0, 0, 0, 1, 1, 1];
  expect([...borderBand({ data, height: 1, width: 6 }, 0)]).toEqual([0, 0, 1, 1, 0, 0]);
  expect([...borderBand({ data, height: 1, width: 6 }, 1)]).toEqual([0, 1, 1, 1, 1, 0]);
});

test('no band crosses the edge of the image', () => {
  expect([...borderBand({ data: [0, 0, 1, 0, 0, 0, 0, 0, 0], height: 3, width: 3 }, 1)]).toEqual([1, 1, 1, 1, 1, 1, 0, 1, 1]);
  expect([...borderBand({ data: [0, 0, 0, 0, 0, 1, 1, 1, 1], height: 9, width: 1 }, 1)]).toEqual([0, 0, 0, 1, 1, 1, 1, 0, 0]);
});

test('pieces touch by sides, not by corners', () => {
  expect(pieces({ data: [1, 0, 0, 1], height: 2, width: 2 })).toBe(4);
  expect(pieces({ data: [1, 1, 0, 1], height: 2, width: 2 })).toBe(2);
  expect(pieces({ data: [1, 255, 1, 255], height: 1, width: 4 })).toBe(2);
});

const maps = fc.integer({ min: 1, max: 5 }).chain((width) =>
  fc.record({
    width: fc.constant(width),
    rows: fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }),
  }),
);
const turned = (rows: readonly (readonly number[])[]): number[][] => rows[0].map((_, column) => rows.map((row) => row[column]));

test('a turned map has the turned band and as many pieces', () =>
  fc.assert(
    fc.property(maps, fc.integer({ min: 0, max: 3 }), ({ width, rows }, radius) => {
      const map = { data: rows.flat(), height: rows.length, width };
      const other = { data: turned(rows).flat(), height: width, width: rows.length };
      expect(pieces(other)).toBe(pieces(map));
      const band = borderBand(map, radius);
      const inRows = rows.map((row, i) => row.map((_, j) => band[i * width + j]));
      expect([...borderBand(other, radius)]).toEqual(turned(inRows).flat());
    }),
  ));
