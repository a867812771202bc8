import jpeg from 'jpeg-js';
import fc from 'fast-check';
import { crc32, deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { RasterError, readImage } from '../src/index.js';
import { put, temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let files = 0;
const write = (bytes: Buffer, extension = 'png'): string => put(folder, `${files++}.${extension}`, bytes);

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

interface TinyPng {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly depth: 8 | 16;
  readonly filter: number;
  readonly samples: readonly number[]; // [H,W,C]
  readonly palette?: readonly number[];
}

/** A PNG whose rows all use one filter. */
function tinyPng({ height, width, channels, depth, filter, samples, palette }: TinyPng): Buffer {
  const pixel = (channels * depth) / 8;
  const rowBytes = width * pixel;
  const plain = Buffer.alloc(height * rowBytes);
  samples.forEach((value, i) => (depth === 16 ? plain.writeUInt16BE(value, 2 * i) : plain.writeUInt8(value, i)));
  const at = (row: number, i: number): number => (row < 0 || i < 0 ? 0 : plain[row * rowBytes + i]);
  const rows = Array.from({ length: height }, (_, row) =>
    Buffer.from([
      filter,
      ...Array.from({ length: rowBytes }, (__, i) => {
        const [left, up, corner] = [at(row, i - pixel), at(row - 1, i), i < pixel ? 0 : at(row - 1, i - pixel)];
        const nearest = [left, up, corner].reduce((best, x) =>
          Math.abs(left + up - corner - x) < Math.abs(left + up - corner - best) ? x : best,
        );
        const predicted = [0, left, up, (left + up) >> 1, nearest][filter];
        return (at(row, i) - predicted) & 255;
      }),
    ]),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = palette ? 3 : { 1: 0, 2: 4, 3: 2, 4: 6 }[channels];
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Buffer.from(palette))] : []),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const anyPng = fc
  .record({
    height: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 6 }),
    channels: fc.constantFrom(1, 2, 3, 4),
    depth: fc.constantFrom(8, 16),
    filter: fc.integer({ min: 0, max: 4 }),
    seed: fc.nat(),
  })
  .map(({ seed, ...layout }) => ({
    ...layout,
    samples: Array.from(
      { length: layout.height * layout.width * layout.channels },
      (_, i) => (Math.imul(seed + i, 2654435761) >>> 8) % 2 ** layout.depth,
    ),
  })) as fc.Arbitrary<TinyPng>;

test('reads grey, colour and alpha of 8 and 16 bits with every filter', () =>
  fc.assert(
    fc.asyncProperty(anyPng, async (png) => {
      const { data, bands, height, width } = await readImage(write(tinyPng(png)));
      expect([bands, height, width]).toEqual([png.channels, png.height, png.width]);
      expect(png.samples.map((_, i) => data[(i % bands) * height * width + Math.floor(i / bands)])).toEqual(png.samples);
    }),
    { numRuns: 80, seed: 1 },
  ));

test('a palette image gives its indices or its colours', async () => {
  const file = write(tinyPng({ height: 1, width: 3, channels: 1, depth: 8, filter: 0, samples: [1, 0, 1], palette: [1, 2, 3, 7, 8, 9] }));
  expect(await readImage(file, { raw: true })).toMatchObject({ bands: 1, data: Uint8Array.of(1, 0, 1), palette: [[1, 2, 3], [7, 8, 9]] }); // prettier-ignore
  expect([...(await readImage(file)).data]).toEqual([7, 1, 7, 8, 2, 8, 9, 3, 9]);
  const beyond = write(tinyPng({ height: 1, width: 1, channels: 1, depth: 8, filter: 0, samples: [2], palette: [1, 2, 3] }));
  await expect(readImage(beyond)).rejects.toThrow(/palette index 2, the palette has 1 colours/);
});

const noisy = Buffer.from(jpeg.encode({ width: 17, height: 9, data: Buffer.alloc(17 * 9 * 4, 120) }, 90).data);

test('reads a JPEG', async () => {
  const { bands, height, width, data } = await readImage(write(noisy, 'jpg'));
  expect([bands, height, width]).toEqual([3, 9, 17]);
  for (const value of data) expect(Math.abs(value - 120)).toBeLessThan(3);
});

test('damaged and cut images are refused by name, or read whole', () =>
  fc.assert(
    fc.asyncProperty(
      anyPng,
      fc.boolean(),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
      fc.nat(),
      async (png, useJpeg, changes, cut) => {
        const bytes = useJpeg ? Buffer.from(noisy) : tinyPng(png);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const file = write(cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes);
        try {
          const { data, bands, height, width } = await readImage(file);
          expect(data.length).toBe(bands * height * width);
        } catch (error) {
          expect(error).toBeInstanceOf(RasterError);
          expect((error as Error).message).toContain(file);
        }
      },
    ),
    { numRuns: 200, seed: 2 },
  ));

test('says what is wrong with a file that is no image', async () => {
  await expect(readImage(write(Buffer.from('GIF89a')))).rejects.toThrow(/not a PNG or JPEG: starts with bytes 4749/);
  await expect(readImage(write(noisy.subarray(0, 300), 'jpg'))).rejects.toThrow(/truncated/);
  const huge = tinyPng({ height: 1, width: 1, channels: 1, depth: 8, filter: 0, samples: [0] });
  huge.writeUInt32BE(100_000, 16);
  huge.writeUInt32BE(100_000, 20);
  huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29);
  await expect(readImage(write(huge))).rejects.toThrow(/100000 x 100000 pixels/);
});
