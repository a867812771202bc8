import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSafetensors, readSafetensors, WeightsFileError, writeSafetensors, type HostTensor } from '../src/index.js';
import { tensorMap } from './tensors.js';
import { uint64 } from './torch-files.js';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'safetensors-'));
  file = path.join(folder, 'x.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

/** A file of this header and `bytes` bytes of data. */
const handmade = (header: unknown, bytes: number): Buffer => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  return Buffer.concat([uint64(json.length), json, Buffer.alloc(bytes)]);
};
const f32 = (shape: readonly unknown[], begin: unknown, end: unknown): object => ({ dtype: 'F32', shape, data_offsets: [begin, end] });
const sorted = (tensors: ReadonlyMap<string, HostTensor>): [string, HostTensor][] => [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));

test('reads back what it wrote: every dtype, any shape, any name', async () => {
  const text = fc.string({ maxLength: 6 });
  const metadata = fc.uniqueArray(fc.tuple(text, text), { maxLength: 3, selector: ([key]) => key });
  await fc.assert(
    fc.asyncProperty(tensorMap, metadata, async (tensors, pairs) => {
      await writeSafetensors(file, tensors, new Map(pairs));
      const opened = await openSafetensors(file);
      expect(sorted(await readSafetensors(file))).toEqual(sorted(tensors));
      expect(new Map(opened.metadata)).toEqual(new Map(pairs));
      for (const [name, tensor] of tensors) expect(await opened.read(name)).toEqual(tensor); // one at a time, by range
      await opened.close();
      expect(await readSafetensors(await readFile(file))).toEqual(await readSafetensors(file)); // from bytes as from a file
    }),
    { numRuns: 60, seed: 1 },
  );
});

test('the bytes depend on neither the order of the tensors nor on chance, and have the SHA-256 returned', async () => {
  await fc.assert(
    fc.asyncProperty(tensorMap, async (tensors) => {
      const written = await writeSafetensors(file, tensors);
      const bytes = await readFile(file);
      expect(written).toEqual({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
      await writeSafetensors(file, new Map([...tensors].reverse()));
      expect((await readFile(file)).equals(bytes)).toBe(true);
    }),
    { numRuns: 30, seed: 2 },
  );
});

test('a cut or changed file gives whole tensors or an error that names it', async () => {
  const damage = fc.record({ cut: fc.nat(), at: fc.nat(), bits: fc.integer({ min: 0, max: 255 }) });
  await fc.assert(
    fc.asyncProperty(tensorMap, damage, async (tensors, { cut, at, bits }) => {
      await writeSafetensors(file, tensors);
      const bytes = await readFile(file);
      bytes[at % bytes.length] ^= bits;
      await writeFile(file, cut % 2 ? bytes : bytes.subarray(0, cut % bytes.length));
      try {
        for (const { shape, data } of (await readSafetensors(file)).values()) expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      } catch (error) {
        expect(error).toBeInstanceOf(WeightsFileError);
        expect((error as Error).message).toContain(file);
      }
    }),
    { numRuns: 300, seed: 3 },
  );
});

test('a cut file never passes', async () => {
  await writeSafetensors(file, new Map([['w', { shape: [3], data: new Float32Array(3) }]]));
  const bytes = await readFile(file);
  for (let length = 0; length < bytes.length; length++)
    await expect(readSafetensors(bytes.subarray(0, length))).rejects.toThrow('<bytes>: ');
});

test.each<[string, Buffer, RegExp]>([
  ['nothing', Buffer.alloc(0), /has 0 bytes, too few/],
  ['a huge header', Buffer.concat([uint64(2n ** 63n), Buffer.alloc(8)]), /header of 9223372036854775808 bytes; at most 100000000/],
  ['a header beyond the end', Buffer.concat([uint64(1000), Buffer.alloc(8)]), /header of 1000 bytes, beyond its end at 16/],
  ['a header that is a list', handmade('[]', 0), /does not start with "\{"/],
  ['leading spaces', handmade(' {}', 0), /does not start with "\{"/],
  ['broken JSON', handmade('{"a":', 0), /is not JSON/],
  ['bytes that are not UTF-8', Buffer.concat([uint64(4), Buffer.from([0x7b, 0xff, 0xff, 0x7d])]), /is not UTF-8/],
  [
    'a tensor twice',
    handmade('{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0077":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
    /the key w twice/,
  ],
  ['a field twice', handmade('{"w":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1), /the key dtype twice/],
  ['an unknown dtype', handmade({ w: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1), /dtype "F8_E4M3"; known are/],
  ['a dtype of Object.prototype', handmade({ w: { dtype: 'toString', shape: [1], data_offsets: [0, 1] } }, 1), /dtype "toString"; known/],
  ['a negative size', handmade({ w: f32([-1], 0, 4) }, 4), /shape \[-1\], not a list of safe sizes/],
  ['a size with a fraction', handmade({ w: f32([1.5], 0, 6) }, 6), /shape \[1.5\]/],
  ['a size of 2^53', handmade({ w: f32([2 ** 53], 0, 4) }, 4), /shape \[9007199254740992\]/],
  ['a product beyond 2^53', handmade({ w: f32([2 ** 30, 2 ** 30], 0, 4) }, 4), /not a list of safe sizes/],
  ['a product beyond 2^53 times 0', handmade({ w: f32([2 ** 30, 2 ** 30, 0], 0, 0) }, 0), /not a list of safe sizes/],
  ['a shape that is no list', handmade({ w: { dtype: 'F32', shape: 1, data_offsets: [0, 4] } }, 4), /shape 1, not a list/],
  ['a negative offset', handmade({ w: f32([1], -4, 0) }, 4), /data_offsets \[-4,0\]/],
  ['offsets turned round', handmade({ w: f32([1], 4, 0) }, 4), /takes 4 bytes, its offsets give -4/],
  ['three offsets', handmade({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, 4), /not two whole numbers/],
  ['an offset beyond the end', handmade({ w: f32([4], 0, 16) }, 8), /ends at byte 16 of the data, outside the file, which holds 8/],
  ['a size that differs', handmade({ w: f32([2], 0, 4) }, 4), /takes 8 bytes, its offsets give 4/],
  ['an overlap', handmade({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), /tensor b overlaps/],
  ['a hole', handmade({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /no tensor covers the bytes 4 to 8/],
  ['data after the last tensor', handmade({ a: f32([1], 0, 4) }, 6), /end at byte 4 of the data, the file at 6/],
  ['an entry that is no object', handmade({ w: 'F32' }, 0), /not described by an object/],
  ['metadata that is no text', handmade({ __metadata__: { epoch: 3 } }, 0), /__metadata__ epoch is not a string/],
])('refuses %s', async (_, bytes, message) => {
  await writeFile(file, bytes);
  await expect(readSafetensors(file)).rejects.toThrow(message);
  await expect(readSafetensors(file)).rejects.toThrow(file);
});

test('reads a header padded with spaces', async () => {
  const tensors = await readSafetensors(handmade(`${JSON.stringify({ w: f32([1], 0, 4) })}     `, 4));
  expect([...tensors]).toEqual([['w', { dtype: 'F32', shape: [1], data: new Float32Array(1) }]]);
});

test('refuses 100,000 lists that are never closed', async () => {
  await expect(readSafetensors(handmade(`{"a":${'['.repeat(100_000)}`, 0))).rejects.toThrow('is not JSON');
});

test('what cannot be written leaves the old file and nothing beside it', async () => {
  await writeSafetensors(file, new Map([['w', { shape: [1], data: new Float32Array([7]) }]]));
  const wrong: [Record<string, HostTensor>, RegExp][] = [
    [{ w: { shape: [2], data: new Float32Array(3) } }, /tensor w: shape \[2\] needs 2, data has 3/],
    [{ w: { dtype: 'F64', shape: [1], data: new Float32Array(1) } }, /tensor w: F64 is held in a Float64Array, got Float32Array/],
    [{ w: { dtype: 'F8' as 'F64', shape: [1], data: new Float32Array(1) } }, /tensor w: unknown dtype F8/],
    [{ w: { shape: [1], data: [1] as unknown as Float32Array } }, /tensor w: data must be a typed array of numbers, got Array/],
    [{ __metadata__: { shape: [1], data: new Float32Array(1) } }, /cannot be named __metadata__/],
  ];
  for (const [tensors, message] of wrong) await expect(writeSafetensors(file, new Map(Object.entries(tensors)))).rejects.toThrow(message);
  expect((await readSafetensors(file)).get('w')?.data).toEqual(new Float32Array([7]));
  await expect(writeSafetensors(path.join(folder, 'x.safetensors', 'y'), new Map())).rejects.toThrow();
  expect(await readdir(folder)).toEqual(['x.safetensors']);
});

test('narrows to the half types as IEEE 754 asks: nearest, ties to even, infinities and NaN kept', async () => {
  const data = new Float32Array([
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    65519,
    65520,
    2 ** -25,
    3 * 2 ** -25,
    -0,
    NaN,
    -Infinity,
    2 ** -14 - 2 ** -26,
  ]);
  await writeSafetensors(file, new Map([['w', { dtype: 'F16', shape: [10], data }]]));
  const half = (await readSafetensors(file)).get('w');
  expect([...(half?.data ?? [])]).toEqual([1, 1 + 2 ** -9, 65504, Infinity, 0, 2 ** -23, -0, NaN, -Infinity, 2 ** -14]);
  const wide = new Float32Array([1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38, NaN, -0]);
  await writeSafetensors(file, new Map([['w', { dtype: 'BF16', shape: [5], data: wide }]]));
  const bfloat = (await readSafetensors(file)).get('w');
  expect([...(bfloat?.data ?? [])]).toEqual([1, 1 + 2 ** -6, Infinity, NaN, -0]);
});
