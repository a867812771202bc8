import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RasterError, readNpy } from '../src/index.js';
import { put, temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let files = 0;
const write = (bytes: Buffer): string => put(folder, `${files++}.npy`, bytes);

function tinyNpy(descr: string, shape: readonly number[], values: Buffer, { fortran = false, version = 1 } = {}): Buffer {
  const text = `{'descr': ${descr}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }\n`;
  const head = Buffer.alloc(version === 1 ? 10 : 12);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, Buffer.from(text), values]);
}

test('reads any version, order and shape', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
      fc.constantFrom(1, 2, 3),
      fc.boolean(),
      async (shape, version, fortran) => {
        const count = shape.reduce((product, n) => product * n, 1);
        // the value at index (i, j, ...) is its position in C order
        const position = (at: number): number => {
          if (!fortran) return at;
          let rest = at;
          return shape.map((n) => { const i = rest % n; rest = Math.floor(rest / n); return i; }).reduce((sum, i, axis) => sum * shape[axis] + i, 0); // prettier-ignore
        };
        const values = Buffer.alloc(2 * count);
        for (let i = 0; i < count; i++) values.writeInt16BE(position(i), 2 * i);
        const array = await readNpy(write(tinyNpy("'>i2'", shape, values, { fortran, version })));
        expect(array).toEqual({ dtype: 'int16', shape, data: Int16Array.from({ length: count }, (_, i) => i) });
      },
    ),
    { numRuns: 60, seed: 1 },
  ));

test('reads bool, half floats and 64-bit integers', async () => {
  expect(await readNpy(write(tinyNpy("'|b1'", [3], Buffer.from([0, 1, 1]))))).toEqual({
    dtype: 'bool',
    shape: [3],
    data: Uint8Array.of(0, 1, 1),
  });
  const halves = Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00).buffer);
  expect([...(await readNpy(write(tinyNpy("'<f2'", [4], halves)))).data]).toEqual([1, -2, 2 ** -24, Infinity]);
  const integers = Buffer.from(BigInt64Array.of(-5n, 2n ** 40n).buffer);
  expect([...(await readNpy(write(tinyNpy("'<i8'", [2], integers)))).data]).toEqual([-5, 2 ** 40]);
  await expect(readNpy(write(tinyNpy("'<i8'", [1], Buffer.from(BigInt64Array.of(2n ** 60n).buffer))))).rejects.toThrow(
    /no exact 64-bit float/,
  );
});

test('refuses what would need code or guesses', async () => {
  const refused = (bytes: Buffer, message: RegExp) => expect(readNpy(write(bytes))).rejects.toThrow(message);
  await refused(tinyNpy("'|O'", [1], Buffer.alloc(8)), /'O' .*refused/);
  await refused(tinyNpy("'<U4'", [1], Buffer.alloc(16)), /refused/);
  await refused(tinyNpy("[('a', '<f4')]", [1], Buffer.alloc(4)), /must give descr/);
  await refused(tinyNpy("'<f4'", [1000000, 1000000], Buffer.alloc(4)), /at most/);
  await refused(tinyNpy("'<f4'", [3], Buffer.alloc(8)), /takes 12 bytes, found 8/);
  await refused(Buffer.from('PK'), /not a .npy file/);
});

test('damaged bytes are refused by name or read whole', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }), fc.nat(), async (changes, cut) => {
      const bytes = tinyNpy("'<f4'", [2, 3], Buffer.alloc(24));
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const file = write(cut % 2 ? bytes.subarray(0, cut % bytes.length) : bytes);
      await readNpy(file).catch((error: unknown) => {
        expect(error).toBeInstanceOf(RasterError);
        expect((error as Error).message).toContain(file);
      });
    }),
    { numRuns: 200, seed: 2 },
  ));
