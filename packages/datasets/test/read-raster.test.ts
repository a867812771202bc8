import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RasterError, readRaster, readRasterInfo, type PixelType } from '../src/index.js';
import { temporaryFolder, put } from './temporary-folder.js';
import { tinyTiff, type TinyTiff } from './tiff-file.js';

const folder = temporaryFolder();
const samples = new URL('../../../tools/conformance/samples/', import.meta.url).pathname;
let files = 0;
const write = (bytes: Buffer): string => put(folder, `${files++}.tif`, bytes);

const dtypes: readonly PixelType[] = ['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'float64'];
const side = fc.integer({ min: 1, max: 9 });
/** A TIFF of any layout that the reader knows, with random pixels. */
const anyTiff = fc
  .record({
    bands: fc.integer({ min: 1, max: 3 }),
    height: side,
    width: side,
    dtype: fc.constantFrom(...dtypes),
    littleEndian: fc.boolean(),
    big: fc.boolean(),
    planar: fc.boolean(),
    tile: fc.boolean(),
    blockHeight: side,
    blockWidth: side,
    compression: fc.constantFrom('none', 'deflate', 'packbits', 'lzw'),
    predicted: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ tile, blockHeight, blockWidth, predicted, seed, ...layout }): TinyTiff & { dtype: PixelType } => ({
    ...layout,
    planar: layout.planar && layout.bands > 1,
    compression: layout.compression as TinyTiff['compression'],
    block: tile ? { kind: 'tile', width: blockWidth, height: blockHeight } : { kind: 'strip', width: layout.width, height: blockHeight },
    predictor: predicted ? (layout.dtype.startsWith('float') ? 3 : 2) : 1,
    pixels: Array.from({ length: layout.bands * layout.height * layout.width }, (_, i) => (Math.imul(seed + i, 2654435761) >>> 8) % 100),
  }));

test('reads every layout: byte order, BigTIFF, strips and tiles, planes, compression, predictor', () =>
  fc.assert(
    fc.asyncProperty(anyTiff, async (tiff) => {
      const { data, bands, height, width, dtype } = await readRaster(write(tinyTiff(tiff)));
      expect({ bands, height, width, dtype }).toEqual({ bands: tiff.bands, height: tiff.height, width: tiff.width, dtype: tiff.dtype });
      expect([...data]).toEqual([...(tiff.pixels as number[])]);
    }),
    { numRuns: 150, seed: 1 },
  ));

test('a window is the same part of the whole image', () =>
  fc.assert(
    fc.asyncProperty(anyTiff, fc.nat(), fc.nat(), async (tiff, a, b) => {
      const file = write(tinyTiff(tiff));
      const [y, x] = [a % tiff.height, b % tiff.width];
      const [h, w] = [1 + (b % (tiff.height - y)), 1 + (a % (tiff.width - x))];
      const part = await readRaster(file, { window: [y, x, h, w] });
      const whole = await readRaster(file);
      const expected: number[] = [];
      for (let c = 0; c < tiff.bands; c++) {
        for (let row = y; row < y + h; row++) {
          for (let column = x; column < x + w; column++) expected.push(whole.data[(c * tiff.height + row) * tiff.width + column]);
        }
      }
      expect([...part.data]).toEqual(expected);
    }),
    { numRuns: 80, seed: 2 },
  ));

/** Reads a damaged file: it must be refused by name, or give an image of the size that it says. */
async function refusedOrWhole(bytes: Buffer): Promise<void> {
  const file = write(bytes);
  const start = performance.now();
  try {
    const raster = await readRaster(file);
    expect(raster.data.length).toBe(raster.bands * raster.height * raster.width);
  } catch (error) {
    expect(error).toBeInstanceOf(RasterError);
    expect((error as RasterError).message).toContain(file);
  }
  expect(performance.now() - start).toBeLessThan(8000);
}

test('a file with changed bytes is refused by name or read whole, in bounded time', () =>
  fc.assert(
    fc.asyncProperty(anyTiff, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), async (tiff, changes) => {
      const bytes = tinyTiff(tiff);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      await refusedOrWhole(bytes);
    }),
    { numRuns: 300, seed: 3 },
  ));

test('so is one whose header alone was changed', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(258, 259, 273, 277, 278, 279, 284, 317, 339, 34735, 256, 257),
      fc.array(fc.oneof(fc.nat(70000), fc.constantFrom(0, 1, 2 ** 16 - 1, 2 ** 31, 2 ** 32 - 1)), { minLength: 1, maxLength: 4 }),
      async (tag, values) => {
        const narrow = [258, 259, 277, 284, 317, 339, 34735].includes(tag);
        const tiff = { pixels: new Array(48).fill(7), bands: 2, height: 4, width: 6, epsg: 32633, origin: [0, 0, 1] as const };
        await refusedOrWhole(tinyTiff({ ...tiff, override: { [tag]: values.map((value) => (narrow ? value & 0xffff : value)) } }));
      },
    ),
    { numRuns: 200, seed: 4 },
  ));

test('a file cut anywhere is refused by name', async () => {
  for (const name of ['formats/uint16-nodata.tif', 'formats/cog-overviews.tif', 'formats/bigtiff.tif']) {
    const bytes = readFileSync(samples + name);
    for (let i = 1; i < 20; i++) {
      const file = write(bytes.subarray(0, Math.floor((bytes.length * i) / 20)));
      await expect(readRaster(file)).rejects.toThrow(RasterError);
    }
  }
});

const plain: TinyTiff = { pixels: Array.from({ length: 24 }, (_, i) => i), bands: 1, height: 4, width: 6 };
const rejects = (bytes: Buffer, message: RegExp) => expect(readRaster(write(bytes))).rejects.toThrow(message);

test('a chain of images that returns to itself is refused', async () => {
  const bytes = tinyTiff(plain);
  const directory = bytes.readUInt32LE(4);
  bytes.writeUInt32LE(directory, directory + 2 + 12 * bytes.readUInt16LE(directory));
  await rejects(bytes, /is a loop: it returns to offset/);
});

test('hostile headers are refused before memory is taken', async () => {
  await rejects(tinyTiff({ ...plain, override: { 256: [2 ** 31 - 1], 257: [2 ** 31 - 1], 278: [2 ** 31 - 1] } }), /more than 10000 times/);
  await rejects(tinyTiff({ ...plain, override: { 257: [60_000], 278: [1] } }), /need 60000 strips.*lists 1/);
  await rejects(tinyTiff({ ...plain, override: { 273: [4_000_000_000] } }), /strip 0 .* offset 4000000000.* file ends/);
  await rejects(tinyTiff({ ...plain, override: { 279: [20] } }), /strip 0 has 20 bytes, too few for the 24/);
  await rejects(tinyTiff({ ...plain, override: { 257: [0] } }), /6 x 0 pixels/);
  await rejects(tinyTiff({ ...plain, override: { 259: [7] } }), /compression 7 is not supported; expected/);
  await rejects(tinyTiff({ ...plain, override: { 258: [12] } }), /12 bits/);
  await rejects(tinyTiff({ ...plain, override: { 317: [3] } }), /predictor 3 is not defined for uint8/);
  await rejects(Buffer.alloc(0), /not a TIFF.*empty/);
  await rejects(Buffer.from('<html>'), /not a TIFF: expected the magic number/);
  await expect(readRaster(`${folder}/nowhere.tif`)).rejects.toThrow(/nowhere\.tif: the file does not exist/);
  await expect(readRaster(folder)).rejects.toThrow(/found a folder/);
});

test('blocks that share their bytes do not multiply the work without end', async () => {
  const side = 16_384;
  const blocks = (side / 1024) ** 2;
  const tile = tinyTiff({
    pixels: new Uint8Array(1024 * 1024),
    bands: 1,
    height: 1024,
    width: 1024,
    compression: 'deflate',
    block: { kind: 'tile', width: 1024, height: 1024 },
  });
  const length = tile.readUInt32LE(4) - 8;
  const shared = { 324: new Array<number>(blocks).fill(8), 325: new Array<number>(blocks).fill(length), 256: [side], 257: [side] };
  await refusedOrWhole(
    tinyTiff({
      pixels: new Uint8Array(1024 * 1024),
      bands: 1,
      height: 1024,
      width: 1024,
      compression: 'deflate',
      block: { kind: 'tile', width: 1024, height: 1024 },
      override: shared,
    }),
  );
});

test('a damaged deflate block names the block', async () => {
  const bytes = tinyTiff({ ...plain, compression: 'deflate' });
  bytes.fill(0xff, 8, 20);
  await rejects(bytes, /strip 0 \(deflate\): damaged data/);
});

test('the geotransform is of the outer corner, also where the tie point is a pixel centre, and follows the window', async () => {
  const georeferenced: TinyTiff = { ...plain, epsg: 32633, origin: [1000, 2000, 10] };
  const corner = write(tinyTiff(georeferenced));
  expect((await readRaster(corner)).geotransform).toEqual([1000, 10, 0, 2000, 0, -10]);
  expect((await readRaster(corner, { window: [1, 2, 2, 3] })).geotransform).toEqual([1020, 10, 0, 1990, 0, -10]);
  expect((await readRasterInfo(corner)).epsg).toBe(32633);
  expect((await readRaster(write(tinyTiff({ ...georeferenced, pixelIsPoint: true })))).geotransform).toEqual([995, 10, 0, 2005, 0, -10]);
});

test('an overview covers the ground of the image', async () => {
  const file = `${samples}formats/cog-overviews.tif`;
  expect((await readRaster(file)).geotransform).toEqual([399960, 10, 0, 4500000, 0, -10]);
  expect((await readRaster(file, { overview: 0 })).geotransform).toEqual([399960, 20, 0, 4500000, 0, -20]);
  await expect(readRaster(file, { overview: 9 })).rejects.toThrow(/overview 9 was asked for, there are \d/);
});

test('a world file places an image without keys; a broken one is refused by its own name', async () => {
  const file = write(tinyTiff(plain));
  expect((await readRaster(file)).geotransform).toBeNull();
  put(folder, `${files - 1}.tfw`, '0.5\n0\n0\n-0.5\n100.25\n199.75\n');
  expect((await readRaster(file)).geotransform).toEqual([100, 0.5, 0, 200, 0, -0.5]);
  put(folder, `${files - 1}.tfw`, '0.5\n0\n');
  await expect(readRaster(file)).rejects.toThrow(/\.tfw: a world file has six numbers, found 2/);
});

test('nodata is a number, NaN or absent', async () => {
  const nodata = async (text?: string) => (await readRasterInfo(write(tinyTiff({ ...plain, nodata: text })))).nodata;
  expect([await nodata(), await nodata('-9999'), await nodata('nan'), await nodata('none')]).toEqual([null, -9999, Number.NaN, null]);
});

test('a window outside of the image is refused', async () => {
  await expect(readRaster(write(tinyTiff(plain)), { window: [2, 0, 3, 6] })).rejects.toThrow(
    /window \[2, 0, 3, 6\] does not lie in the image of 4 rows and 6 columns/,
  );
});
