import fc from 'fast-check';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import {
  arrange,
  classMap,
  enlarge,
  errorLegend,
  errorMap,
  falseColor,
  landCoverPalette,
  maskImage,
  paletteLegend,
  percentileStretch,
  sarImage,
  scalarMap,
  toPng,
  type Raster,
} from '../src/index.js';
import { parseColor } from '../src/color.js';

const colorAt = ({ data }: Raster, pixel: number): number[] => [...data.subarray(pixel * 3, pixel * 3 + 3)];
const rasters = fc
  .record({ width: fc.integer({ min: 1, max: 6 }), height: fc.integer({ min: 1, max: 6 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data) => ({ width, height, data: new Uint8ClampedArray(data) })),
  );

test('a PNG holds the pixels of its picture', () =>
  fc.assert(
    fc.property(rasters, (raster) => {
      const { width, height, data } = PNG.sync.read(toPng(raster));
      expect([width, height]).toEqual([raster.width, raster.height]);
      for (let pixel = 0; pixel < width * height; pixel++) {
        expect([...data.subarray(pixel * 4, pixel * 4 + 4)]).toEqual([...colorAt(raster, pixel), 255]);
      }
    }),
    { seed: 1, numRuns: 30 },
  ));

test('enlarging repeats each pixel as a square', () =>
  fc.assert(
    fc.property(rasters, fc.integer({ min: 1, max: 4 }), (raster, factor) => {
      const large = enlarge(raster, factor);
      expect([large.width, large.height]).toEqual([raster.width * factor, raster.height * factor]);
      for (let y = 0; y < large.height; y++) {
        for (let x = 0; x < large.width; x++) {
          const source = Math.floor(y / factor) * raster.width + Math.floor(x / factor);
          expect(colorAt(large, y * large.width + x)).toEqual(colorAt(raster, source));
        }
      }
    }),
    { seed: 1, numRuns: 30 },
  ));

test('pictures stand on a grid with a gap, a missing one is background', () => {
  const black = { width: 1, height: 1, data: new Uint8ClampedArray(3) };
  const grid = arrange([[black, null], [black]], { gap: 1, background: '#ffffff' });
  expect([grid.width, grid.height]).toEqual([3, 3]);
  expect([0, 1, 2, 3, 6, 8].map((pixel) => grid.data[pixel * 3])).toEqual([0, 255, 255, 255, 0, 255]);
});

test('labels take the colours of their classes', () => {
  const palette = landCoverPalette(['water', 'forest']);
  const map = classMap({ shape: [1, 3], data: Int32Array.of(1, 255, 0) }, palette);
  const colors = paletteLegend(palette).map(({ color }) => [...parseColor(color)]);
  expect([colorAt(map, 0), colorAt(map, 1), colorAt(map, 2)]).toEqual([colors[1], colors[2], colors[0]]);
  expect(() => classMap({ shape: [1, 1], data: [7] }, palette)).toThrow('the palette has classes 0..1 and 255 (ignored), got 7');
});

test('a palette gives each class its own colour', () => {
  const names = ['farmland', 'city', 'village', 'water', 'forest', 'road', 'others'];
  const { classes } = landCoverPalette(names);
  expect(classes.map(({ name }) => name)).toEqual(names);
  expect(new Set(classes.map(({ color }) => color)).size).toBe(7);
  expect(new Set(landCoverPalette(['crop', 'farm', 'field']).classes.map(({ color }) => color)).size).toBe(3);
  expect(() => landCoverPalette(Array.from({ length: 7 }, (_, i) => `class ${i}`))).toThrow('no colour is left for "class 6"');
});

test('errors are where prediction and labels differ', () => {
  const map = errorMap({ shape: [1, 3], data: [1, 2, 0] }, { shape: [1, 3], data: [1, 1, 255] });
  const [wrong, right, ignored] = errorLegend.map(({ color }) => [...parseColor(color)]);
  expect([0, 1, 2].map((pixel) => colorAt(map, pixel))).toEqual([right, wrong, ignored]);
  expect(() => errorMap({ shape: [1, 1], data: [1] }, { shape: [1, 2], data: [1, 1] })).toThrow('labels must have shape [1,1], got [1,2]');
});

test('a stretch ignores outliers and what is not finite', () => {
  const values = Float32Array.from({ length: 101 }, (_, i) => i);
  values[100] = 1e6;
  const image = { shape: [1, 101, 1], data: values };
  expect(percentileStretch(image, { bands: [0] })).toEqual([[2, 98]]);
  const holes = { shape: [1, 3, 1], data: [NaN, -Infinity, 5] };
  expect(percentileStretch(holes, { bands: [0] })).toEqual([[5, 5]]);
  expect(() => percentileStretch(image, { bands: [1] })).toThrow('bands must lie in 0..0, got 1');
  expect(() => percentileStretch(image, { bands: [0], percentiles: [9, 3] })).toThrow('percentiles must rise within 0..100, got [9, 3]');
});

test('false colour shows the chosen bands in their ranges', () => {
  const image = { shape: [1, 2, 4], data: [0, 0.5, 1, 2, 1, 1, 1, 1] };
  const shown = falseColor(image, {
    bands: [3, 1, 0],
    stretch: [
      [0, 2],
      [0, 1],
      [0, 1],
    ],
  });
  expect(colorAt(shown, 0)).toEqual([255, 128, 0]);
  expect(() => falseColor(image, { bands: [0, 1, 4] })).toThrow('bands must lie in 0..3, got 4');
  expect(() =>
    falseColor(image, {
      bands: [0, 1, 4],
      stretch: [
        [0, 1],
        [0, 1],
        [0, 1],
      ],
    }),
  ).toThrow('falseColor: bands must lie in 0..3, got 4');
  expect(() => falseColor(image, { bands: [0, 1, 2], stretch: [[0, 1]] })).toThrow('a range for each of the 3 bands, got 1');
});

test('radar is shown in decibels', () => {
  const decibels = { shape: [1, 3, 2], data: [-20, 9, -10, 9, 0, 9] };
  expect([...sarImage(decibels, { range: [-20, 0] }).data]).toEqual([0, 0, 0, 128, 128, 128, 255, 255, 255]);
  const linear = { shape: [1, 3, 1], data: [0.01, 0.1, 1] };
  expect(sarImage(linear, { unit: 'linear', range: [-20, 0] })).toEqual(sarImage(decibels, { range: [-20, 0] }));
  expect(colorAt(sarImage({ shape: [1, 2, 1], data: [0, 1] }, { unit: 'linear', range: [-20, 0] }), 0)).toEqual([0, 0, 0]);
  expect(() => sarImage(decibels, { channel: 2 })).toThrow('sarImage: channel must lie in 0..1, got 2');
});

test('a scalar map goes from the first to the last colour of its scale', () => {
  for (const scheme of ['greys', 'viridis'] as const) {
    const { raster, scale } = scalarMap({ shape: [1, 4], data: [2, 4, 3, NaN] }, { scheme });
    expect([scale.low, scale.high]).toEqual([2, 4]);
    expect(colorAt(raster, 0)).toEqual([...parseColor(scale.colors[0])]);
    expect(colorAt(raster, 1)).toEqual([...parseColor(scale.colors[63])]);
    expect(colorAt(raster, 0)[1]).toBeLessThan(colorAt(raster, 2)[1]);
    expect(colorAt(raster, 2)[1]).toBeLessThan(colorAt(raster, 1)[1]);
    expect(colorAt(raster, 3)).toEqual([0, 0, 0]);
  }
});

test('a mask is light where it is set', () => {
  const { data } = maskImage({ shape: [1, 3], data: Uint8Array.of(0, 1, 1) });
  expect(data[0]).toBeLessThan(data[3]);
  expect(data[3]).toBe(data[6]);
});

test('says what is wrong with shapes, factors and colours', () => {
  expect(() => maskImage({ shape: [1, 1, 1], data: [1] })).toThrow('maskImage: mask must have shape [H,W], got [1,1,1]');
  expect(() => sarImage({ shape: [1, 1], data: [1] })).toThrow('sarImage: image must have shape [H,W,C], got [1,1]');
  expect(() => maskImage({ shape: [2, 2], data: [1] })).toThrow('shape [2,2] must not be empty and needs 4 values, data has 1');
  expect(() => enlarge(maskImage({ shape: [1, 1], data: [1] }), 0.5)).toThrow('factor must be a positive integer, got 0.5');
  expect(() => arrange([[null]])).toThrow('rows must hold at least one picture');
  expect(() => parseColor('red')).toThrow('a colour must look like #0072b2, got red');
});

test('asks a tensor for its values', () => {
  const tensor = { shape: [1, 1], dataSync: () => Float32Array.of(1) };
  expect(maskImage(tensor)).toEqual(maskImage({ shape: [1, 1], data: [1] }));
});
