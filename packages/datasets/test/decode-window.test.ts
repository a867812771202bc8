import { execFile } from 'node:child_process';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { extractTile, RasterError, readRaster, tileGrid, writeGeotiff, type PixelArray, type Window } from '../src/index.js';
import { newBlockCache } from '../src/reading/block-cache.js';
import { ByteSource } from '../src/reading/byte-source.js';
import { decodeThreads } from '../src/reading/decode-pool.js';
import { decodeWindow, type DecodeLimits } from '../src/reading/decode-window.js';
import { readDirectories } from '../src/reading/tiff-directory.js';
import { readTiffImage, type TiffImage } from '../src/reading/tiff-image.js';
import { put, temporaryFolder } from './temporary-folder.js';
import { tinyTiff, type TinyTiff } from './tiff-file.js';

const folder = temporaryFolder();
const formats = new URL('../../../tools/conformance/samples/formats/', import.meta.url).pathname;
const big = { bands: 3, height: 700, width: 600, data: new Uint8Array(3 * 700 * 600).map((_, i) => Math.imul(i, 2654435761) >>> 27) };
const tiled = path.join(folder, 'tiled.tif');
const oneStrip = path.join(folder, 'one-strip.tif');

beforeAll(async () => {
  await writeGeotiff(tiled, big, { tile: 128, compression: 'deflate' });
  await writeGeotiff(oneStrip, big);
});

/** Reads a part of the first image, chosen by its layout. */
function read(file: string, choose: (image: TiffImage) => Window, limits: DecodeLimits, key?: string): Promise<PixelArray> {
  return ByteSource.use(file, async (source) => {
    const [directory] = await readDirectories(source);
    const image = await readTiffImage(source, directory);
    return decodeWindow(source, image, directory.format.littleEndian, choose(image), key, limits);
  });
}
/** The same bits; `toEqual` takes a second for a million values. */
function expectSame(found: PixelArray, expected: PixelArray): void {
  expect([found.constructor, found.length]).toEqual([expected.constructor, expected.length]);
  const [a, b] = [found, expected].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  expect(a.compare(b)).toBe(0);
}
const whole = ({ height, width }: TiffImage): Window => [0, 0, height, width];
const inWorkers: DecodeLimits = { decodedHere: 0 };
const here: DecodeLimits = { decodedHere: Infinity };

const names = readdirSync(formats).filter((name) => name.endsWith('.tif'));
const part = fc.record({ file: fc.nat(names.length), a: fc.nat(), b: fc.nat(), c: fc.nat(), d: fc.nat() });

test('workers give the same values as this thread, bit by bit, for any window', () =>
  fc.assert(
    fc.asyncProperty(part, async ({ file, a, b, c, d }) => {
      const name = file < names.length ? formats + names[file] : tiled;
      const choose = ({ height, width }: TiffImage): Window => {
        const [y, x] = [a % height, b % width];
        return [y, x, 1 + (c % (height - y)), 1 + (d % (width - x))];
      };
      expectSame(await read(name, choose, inWorkers), await read(name, choose, here));
    }),
    { numRuns: 60, seed: 1 },
  ));

/** Tiles and strips whose sides do and do not fill whole words, larger and smaller than the image; the pixels as they were written. */
const blocks = fc
  .record({
    bands: fc.integer({ min: 1, max: 5 }),
    height: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 40 }),
    dtype: fc.constantFrom('uint8', 'uint8', 'int16', 'uint32', 'float32', 'float64'),
    planar: fc.boolean(),
    littleEndian: fc.boolean(),
    kind: fc.constantFrom('tile', 'strip'),
    blockHeight: fc.integer({ min: 1, max: 20 }),
    blockWidth: fc.constantFrom(1, 3, 4, 7, 8, 16, 20),
    compression: fc.constantFrom('none', 'deflate', 'packbits', 'lzw'),
    predicted: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ kind, blockHeight, blockWidth, predicted, seed, ...layout }) => ({
    ...layout,
    planar: layout.planar && layout.bands > 1,
    block: { kind, height: blockHeight, width: kind === 'tile' ? blockWidth : layout.width },
    predictor: predicted ? (layout.dtype.startsWith('float') ? 3 : 2) : 1,
    pixels: Array.from({ length: layout.bands * layout.height * layout.width }, (_, i) => Math.imul(seed + i, 2654435761) >>> 25),
  }));

test('workers and this thread give the pixels that a plain writer has written', () =>
  fc.assert(
    fc.asyncProperty(blocks, async (tiff) => {
      const file = put(folder, 'blocks.tif', tinyTiff(tiff as TinyTiff));
      expect([...(await read(file, whole, here))]).toEqual(tiff.pixels);
      expect([...(await read(file, whole, inWorkers))]).toEqual(tiff.pixels);
    }),
    { numRuns: 120, seed: 3 },
  ));

test('tiles in workers, and windows of one long strip, are the image that was written', async () => {
  expectSame(await read(tiled, whole, inWorkers), big.data);
  expectSame(await read(oneStrip, whole, here), big.data);
  const window: Window = [251, 17, 333, 5];
  expectSame(await read(oneStrip, () => window, here), extractTile(big, window).data);
});

test('damaged data is the same error from a worker as from this thread', async () => {
  for (const [compression, byte] of [
    ['deflate', 0xff],
    ['lzw', 0xff],
    ['packbits', 0x80],
  ] as const) {
    const bytes = tinyTiff({ pixels: big.data.subarray(0, 6400), bands: 1, height: 80, width: 80, compression });
    bytes.fill(byte, 8, 60);
    const file = put(folder, `damaged-${compression}.tif`, bytes);
    const failure = (limits: DecodeLimits): Promise<unknown> => read(file, whole, limits).catch((error: unknown) => error);
    const [inWorker, onMain] = (await Promise.all([failure(inWorkers), failure(here)])) as RasterError[];
    expect(onMain).toBeInstanceOf(RasterError);
    expect(inWorker).toBeInstanceOf(RasterError);
    expect([inWorker.message, inWorker.file, String(inWorker.cause)]).toEqual([onMain.message, file, String(onMain.cause)]);
    expect(onMain.message).toContain(`strip 0 (${compression})`);
  }
});

test('decoding past the deadline is given up by name, its worker is ended, and another one takes its place', async () => {
  const file = path.join(folder, 'slow.tif');
  await writeGeotiff(file, { bands: 3, height: 3000, width: 3000, data: new Uint8Array(27_000_000) }, { compression: 'deflate' }); // one block
  const fillPool = (): Promise<PixelArray[]> => Promise.all(Array.from({ length: decodeThreads() }, () => read(tiled, whole, inWorkers)));
  await fillPool();
  let started = 0;
  const count = (): void => void started++;
  process.on('worker', count);
  await expect(read(file, whole, { ...inWorkers, patience: 5 })).rejects.toThrow(/slow\.tif: given up: .* within 5 ms/);
  for (const values of await fillPool()) expectSame(values, big.data);
  process.off('worker', count);
  expect(started).toBe(1);
});

test('windows that overlap decode each block once', async () => {
  for (const limits of [here, inWorkers]) {
    const cache = newBlockCache();
    const decoded: string[] = [];
    const keep = cache.set.bind(cache);
    cache.set = (key, values) => {
      decoded.push(key);
      return keep(key, values);
    };
    const windows = tileGrid({ height: big.height, width: big.width, tile: 160, overlap: 80, edge: 'shift' });
    for (const window of windows) {
      expectSame(await read(tiled, () => window, { ...limits, cache }, 'tiled'), extractTile(big, window).data);
    }
    expect(windows.length).toBeGreaterThan(30);
    expect(decoded).toHaveLength(5 * 6); // tiles of 128 in 600 x 700
    expect(new Set(decoded).size).toBe(decoded.length);
  }
});

test('a file that was written anew is read anew', async () => {
  const file = path.join(folder, 'changing.tif');
  const window: Window = [0, 0, 2, 2];
  for (const value of [1, 2, 3]) {
    writeFileSync(file, tinyTiff({ pixels: new Uint8Array(16).fill(value), bands: 1, height: 4, width: 4 }));
    const before = Date.now() / 1000 - 3600 + value;
    if (value < 3) utimesSync(file, before, before); // old enough to be kept; the third has just been written
    expect([...(await readRaster(file, { window })).data]).toEqual(new Array(4).fill(value));
    expect([...(await readRaster(file, { window })).data]).toEqual(new Array(4).fill(value));
  }
});

test('a process ends by itself; small images start no worker, large ones as many as RS_THREADS says', async () => {
  const large = { bands: 1, height: 2048, width: 2048, data: new Float32Array(2048 * 2048).fill(7) };
  const file = path.join(folder, 'large.tif');
  await writeGeotiff(file, large, { tile: 256, compression: 'deflate' });
  const program = `
    import { readRaster } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    let workers = 0;
    process.on('worker', () => workers++);
    for (let i = 0; i < 50; i++) await readRaster(process.argv[1]);
    const started = workers;
    const { data } = await readRaster(process.argv[2]);
    console.log(started, workers, data.every((value) => value === 7));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, `${formats}${names[0]}`, file], {
    timeout: 20_000,
    env: { ...process.env, RS_THREADS: '2' },
  });
  expect(stdout.trim()).toBe('0 2 true');
});
