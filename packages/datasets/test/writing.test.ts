import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  indexDataset,
  loadSample,
  makeScene,
  readNpy,
  readRaster,
  readRasterInfo,
  sceneSplit,
  worldLabels,
  writeGeotiff,
  writeM3mCr,
  writeNpy,
  type GeotiffOptions,
  type PixelArray,
  type Planar,
} from '../src/index.js';
import { drawn } from './random-image.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const types = [Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array, Float64Array];
const image = fc
  .record({
    bands: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 40 }),
    type: fc.constantFrom(...types),
    seed: fc.nat(),
  })
  .map(({ type, seed, ...grid }): Planar => {
    const data: PixelArray = new type(grid.bands * grid.height * grid.width);
    for (let i = 0; i < data.length; i++) data[i] = type === Float64Array || type === Float32Array ? drawn(seed, i, 1e6) / 7 : drawn(seed, i, 120);
    return { data, ...grid };
  }); // prettier-ignore
const blocks = fc.constantFrom<GeotiffOptions>({}, { rowsPerStrip: 1 }, { rowsPerStrip: 7 }, { tile: 16 }, { tile: 32 });
const compression = fc.constantFrom('none' as const, 'deflate' as const);
const place = { epsg: 32650, geotransform: [300_000, 3.3, 0, 4_000_000, 0, -3.3], nodata: 0 } as const;

test('a GeoTIFF read back is the image that was written, whatever its blocks', () =>
  fc.assert(
    fc.asyncProperty(image, blocks, compression, async (written, options, kind) => {
      const file = path.join(folder, 'any.tif');
      await writeGeotiff(file, written, { ...options, ...place, compression: kind });
      const { data, bands, height, width } = await readRaster(file);
      expect({ data, bands, height, width }).toEqual(written);
      const info = await readRasterInfo(file);
      expect([info.epsg, info.geotransform, info.nodata]).toEqual([place.epsg, place.geotransform, place.nodata]);
    }),
    { seed: 1, numRuns: 60 },
  ));

/** Pixel (band, y, x) of an uncompressed, little-endian, interleaved TIFF, by the rules of TIFF 6.0 and nothing of the package. */
function pixelOf(file: string, band: number, y: number, x: number): number {
  const bytes = readFileSync(file);
  const directory = bytes.readUInt32LE(4);
  const values = (id: number): number[] => {
    for (let entry = directory + 2; entry < directory + 2 + 12 * bytes.readUInt16LE(directory); entry += 12) {
      if (bytes.readUInt16LE(entry) !== id) continue;
      const size = bytes.readUInt16LE(entry + 2) === 3 ? 2 : 4;
      const count = bytes.readUInt32LE(entry + 4);
      const start = count * size <= 4 ? entry + 8 : bytes.readUInt32LE(entry + 8);
      return Array.from({ length: count }, (_, i) => bytes.readUIntLE(start + i * size, size));
    }
    throw new Error(`no tag ${id}`);
  };
  const [[width], [bands], [bits], [rows], strips, [format]] = [256, 277, 258, 278, 273, 339].map(values);
  const at = strips[Math.floor(y / rows)] + (((y % rows) * width + x) * bands + band) * (bits / 8);
  return format === 3 ? bytes.readDoubleLE(at) : bytes.readUIntLE(at, bits / 8);
}

test('strips lie where TIFF 6.0 says', async () => {
  const file = path.join(folder, 'strips.tif');
  for (const type of [Uint16Array, Float64Array]) {
    const data = new type(3 * 8 * 5).map((_, i) => drawn(3, i, 50_000));
    await writeGeotiff(file, { data, bands: 3, height: 8, width: 5 }, { rowsPerStrip: 3 });
    for (const [band, y, x] of [[0, 0, 0], [2, 4, 1], [1, 7, 4]]) expect(pixelOf(file, band, y, x)).toBe(data[(band * 8 + y) * 5 + x]); // prettier-ignore
  }
});

test('arrays come back from .npy files', () =>
  fc.assert(
    fc.asyncProperty(fc.constantFrom(Uint8Array, Int32Array, Float32Array, Float64Array), fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }), async (type, shape) => {
      const file = path.join(folder, 'any.npy');
      const data = new type(shape.reduce((product, side) => product * side, 1)).map((_, i) => drawn(1, i, 100));
      await writeNpy(file, { shape, data });
      expect(await readNpy(file)).toMatchObject({ shape, data });
    }),
    { seed: 2, numRuns: 40 },
  )); // prettier-ignore

test('refuses what a file cannot hold, and leaves an existing file whole', async () => {
  const file = path.join(folder, 'kept.tif');
  const small: Planar = { data: new Uint8Array(4), bands: 1, height: 2, width: 2 };
  await writeGeotiff(file, small);
  const before = readFileSync(file);
  await expect(writeGeotiff(file, small, { tile: 20 })).rejects.toThrow('tile must be a multiple of 16, got 20');
  await expect(writeGeotiff(file, small, { rowsPerStrip: 0 })).rejects.toThrow('rowsPerStrip must be a positive integer, got 0');
  await expect(writeGeotiff(file, small, { geotransform: [0, 1, 0.1, 0, 0.1, -1] })).rejects.toThrow('north up without rotation');
  await expect(writeGeotiff(file, { ...small, width: 3 })).rejects.toThrow('writeGeotiff: image must hold 1 x 2 x 3 = 6 values, got 4');
  await expect(writeNpy(file, { shape: [3], data: new Uint8Array(2) })).rejects.toThrow('shape [3] needs 3 values, data has 2');
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.startsWith('kept.tif'))).toEqual(['kept.tif']); // nothing half-written beside it
});

test('a world written like M3M-CR reads back as itself, up to the steps of its types', async () => {
  const root = path.join(folder, 'world');
  const progress: number[] = [];
  await writeM3mCr({ seed: 7, count: 5, size: 20, root, split: 'train', onScene: (done) => progress.push(done) });
  expect(progress).toEqual([1, 2, 3, 4, 5]);
  const samples = await indexDataset({ dataset: 'm3m-cr', root, split: 'train', list: 'one_train_sample.csv' });
  expect(samples.map(({ scene }) => scene)).toEqual(['fall_70000', 'fall_70000', 'fall_70000', 'fall_70000', 'summer_70001']);
  const { a, b } = sceneSplit([...new Set(samples.map(({ scene }) => scene))], { fractions: { a: 0.5, b: 0.5 }, seed: 1 });
  expect([a.length, b.length]).toEqual([1, 1]);
  for (const [i, sample] of samples.entries()) {
    const scene = makeScene(7, i, 20);
    const loaded = await loadSample(sample, { labels: worldLabels });
    expect(loaded.label && [...loaded.label.data]).toEqual([...scene.labels]);
    expect(loaded.cloudMask && [...loaded.cloudMask.data]).toEqual([...scene.cloudMask]);
    expect(loaded.filled).toEqual({ cloudFree: 0, cloudy: 0, sar: 0 });
    for (const [image, wanted] of [
      [loaded.cloudFree, scene.optical],
      [loaded.cloudy, scene.cloudy],
    ] as const) {
      const off = Math.max(...Array.from((image as Planar).data, (x, k) => Math.abs(x - wanted[k])));
      expect(off).toBeLessThanOrEqual(1.01e-4); // 0 is nodata: a black pixel is written as 1 / 10 000
    }
    const scaled = scene.sar.map((db, k) => Math.min(1, Math.max(0, k < 400 ? (db + 25) / 25 : (db + 32.5) / 32.5)));
    loaded.sar?.data.forEach((x, k) => expect(x).toBeCloseTo(scaled[k], 6));
  }
});

test('writing the same world again gives the same bytes', async () => {
  const digest = (root: string): string[] =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .sort()
      .filter((name) => statSync(path.join(root, name)).isFile())
      .map((name) => `${name} ${createHash('sha256').update(readFileSync(path.join(root, name))).digest('hex')}`); // prettier-ignore
  const roots = ['one', 'two'].map((name) => path.join(folder, name));
  for (const root of roots) await writeM3mCr({ seed: 1, count: 2, size: 16, root, split: 'test' });
  const [first, second] = roots.map(digest);
  expect(first).toEqual(second);
  expect(first).toHaveLength(11);
});

test('the list appears last, so that an interrupted split is none', async () => {
  const root = path.join(folder, 'stopped');
  const stop = (): void => {
    throw new Error('stopped');
  };
  await expect(writeM3mCr({ seed: 1, count: 3, size: 16, root, split: 'test', onScene: stop })).rejects.toThrow('stopped');
  expect(readdirSync(root)).toEqual(['test']);
});
