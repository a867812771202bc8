import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extractTile, stitchTiles, tileGrid } from '../src/index.js';
import { anyImage } from './random-image.js';

const grid = fc
  .record({
    height: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 40 }),
    tile: fc.integer({ min: 1, max: 16 }),
    overlap: fc.nat(15),
  })
  .map(({ overlap, ...rest }) => ({ ...rest, overlap: overlap % rest.tile }));

test('windows are distinct; shift and pad cover every pixel; shift and drop stay inside', () =>
  fc.assert(
    fc.property(grid, fc.constantFrom('shift', 'drop', 'pad' as const), (options, edge) => {
      const { height, width, tile } = options;
      const windows = tileGrid({ ...options, edge: edge as 'shift' });
      expect(new Set(windows.map(String)).size).toBe(windows.length);
      const seen = new Uint8Array(height * width);
      for (const [y, x, h, w] of windows) {
        if (edge !== 'pad') expect(y >= 0 && x >= 0 && y + h <= height && x + w <= width).toBe(true);
        if (edge !== 'shift') expect([h, w]).toEqual([tile, tile]);
        for (let i = y; i < Math.min(height, y + h); i++) seen.fill(1, i * width + x, i * width + Math.min(width, x + w));
      }
      if (edge !== 'drop') expect(seen.includes(0)).toBe(false);
    }),
    { seed: 1 },
  ));

test('tiles cut out and put together again are the image', () =>
  fc.assert(
    fc.property(anyImage, fc.integer({ min: 1, max: 8 }), fc.nat(7), fc.constantFrom('shift', 'pad'), (image, tile, overlap, edge) => {
      const { height, width } = image;
      const windows = tileGrid({ height, width, tile, overlap: overlap % tile, edge: edge as 'shift' });
      const back = stitchTiles(windows.map((window) => extractTile(image, window)), { height, width, windows }); // prettier-ignore
      back.data.forEach((value, i) => expect(value).toBeCloseTo(image.data[i], 5));
    }),
    { seed: 2 },
  ));

test('padding mirrors without repeating the edge, or is constant', () => {
  const image = { data: Float32Array.of(1, 2, 3), bands: 1, height: 1, width: 3 };
  expect([...extractTile(image, [0, -2, 1, 8]).data]).toEqual([3, 2, 1, 2, 3, 2, 1, 2]);
  expect([...extractTile(image, [0, -1, 2, 5], { pad: 'constant', value: 9 }).data]).toEqual([9, 1, 2, 3, 9, 9, 9, 9, 9, 9]);
});

test('says which number is wrong', () => {
  expect(() => tileGrid({ height: 8, width: 8, tile: 4, overlap: 4, edge: 'shift' })).toThrow(
    'tileGrid: overlap must be an integer in 0..3, got 4',
  );
  expect(() => tileGrid({ height: 0, width: 8, tile: 4, edge: 'shift' })).toThrow('tileGrid: height must be a positive integer, got 0');
  const tile = { data: new Float32Array(4), bands: 1, height: 2, width: 2 };
  expect(() => stitchTiles([tile], { height: 2, width: 3, windows: [[0, 0, 2, 2]] })).toThrow('no tile covers row 0, column 2');
  expect(() => stitchTiles([tile], { height: 2, width: 2, windows: [[0, 0, 1, 2]] })).toThrow('tile 0 must be 1 x 1 x 2, got 1 x 2 x 2');
});
