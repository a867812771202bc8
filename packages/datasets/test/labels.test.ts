import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeColorLabels, encodeColorLabels, remapLabels, type Color } from '../src/index.js';
import { anyLabels } from './random-image.js';

const palette: readonly Color[] = [[255, 255, 255], [0, 0, 255], [0, 255, 255], [0, 255, 0], [255, 255, 0]]; // prettier-ignore

test('decoding the colours of labels gives the labels', () =>
  fc.assert(
    fc.property(anyLabels(palette.length), (labels) => {
      expect(decodeColorLabels(encodeColorLabels(labels, { palette }), { palette })).toEqual({ labels, unknownCount: 0 });
    }),
    { seed: 1 },
  ));

test('the nearest colour of a slightly changed one is itself', () =>
  fc.assert(
    fc.property(anyLabels(palette.length), (labels) => {
      const image = encodeColorLabels(labels, { palette });
      const disturbed = { ...image, data: image.data.map((value, i) => Math.min(255, Math.max(0, value + (i % 41) - 20))) };
      expect(decodeColorLabels(disturbed, { palette, unknown: 'nearest' }).labels).toEqual(labels);
    }),
    { seed: 2 },
  ));

const strange = { data: Uint8Array.of(255, 9, 255, 8, 255, 7), bands: 3, height: 1, width: 2 };

test('a colour that is none names itself and its pixel', () => {
  expect(() => decodeColorLabels(strange, { palette })).toThrow('colour (9, 8, 7) at row 0, column 1 is not in the palette');
  expect(decodeColorLabels(strange, { palette, unknown: 'ignore', ignoreIndex: -1 })).toMatchObject({
    unknownCount: 1,
    labels: { data: Int32Array.of(0, -1) },
  });
  expect(decodeColorLabels(strange, { palette, ignoreColors: [[9, 8, 7]] })).toMatchObject({
    unknownCount: 0,
    labels: { data: Int32Array.of(0, 255) },
  });
  expect(() => encodeColorLabels({ data: Int32Array.of(0, 5), height: 1, width: 2 }, { palette })).toThrow('class 5 at row 0, column 1');
});

test('remapping by a permutation and back changes nothing', () =>
  fc.assert(
    fc.property(anyLabels(4), (labels) => {
      const there = remapLabels(labels, { map: { 0: 30, 1: 10, 2: 20, 3: 40 } }).labels;
      expect(remapLabels(there, { map: { 30: 0, 10: 1, 20: 2, 40: 3 } }).labels).toEqual(labels);
    }),
    { seed: 3 },
  ));

test('a value outside the map names itself and its pixel, or takes the default', () => {
  const labels = { data: Int32Array.of(1, 1, 7, 1), height: 2, width: 2 };
  expect(() => remapLabels(labels, { map: { 1: 0 } })).toThrow('label value 7 at row 1, column 0 is not one of 1');
  expect(remapLabels(labels, { map: { 1: 0 }, default: 255 })).toMatchObject({
    unknownCount: 1,
    labels: { data: Int32Array.of(0, 0, 255, 0) },
  });
});
