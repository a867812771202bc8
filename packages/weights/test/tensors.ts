import fc from 'fast-check';
import type { Dtype, HostData, HostTensor } from '../src/index.js';

const float16 = (): fc.Arbitrary<number> => fc.integer({ min: -2048, max: 2048 }).map((n) => n / 16); // exact in binary16
const bfloat16 = (): fc.Arbitrary<number> => fc.integer({ min: -128, max: 128 }).map((n) => n * 2 ** -3); // exact in bfloat16
const integers = (bits: number, signed: boolean): fc.Arbitrary<number> =>
  fc.integer(signed ? { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 } : { min: 0, max: 2 ** bits - 1 });

/** For each dtype: how to draw `length` values that it holds exactly. */
export const values: Readonly<Record<Dtype, (length: number) => fc.Arbitrary<HostData>>> = {
  F64: (length) => fc.float64Array({ minLength: length, maxLength: length }),
  F32: (length) => fc.float32Array({ minLength: length, maxLength: length, noNaN: true }),
  F16: (length) => numbers(float16(), length).map((list) => Float32Array.from(list)),
  BF16: (length) => numbers(bfloat16(), length).map((list) => Float32Array.from(list)),
  I64: (length) => fc.bigInt64Array({ minLength: length, maxLength: length }),
  U64: (length) => fc.bigUint64Array({ minLength: length, maxLength: length }),
  I32: (length) => numbers(integers(32, true), length).map((list) => Int32Array.from(list)),
  U32: (length) => numbers(integers(32, false), length).map((list) => Uint32Array.from(list)),
  I16: (length) => numbers(integers(16, true), length).map((list) => Int16Array.from(list)),
  U16: (length) => numbers(integers(16, false), length).map((list) => Uint16Array.from(list)),
  I8: (length) => numbers(integers(8, true), length).map((list) => Int8Array.from(list)),
  U8: (length) => numbers(integers(8, false), length).map((list) => Uint8Array.from(list)),
  BOOL: (length) => numbers(fc.integer({ min: 0, max: 1 }), length).map((list) => Uint8Array.from(list)),
};

const numbers = (value: fc.Arbitrary<number>, length: number): fc.Arbitrary<number[]> =>
  fc.array(value, { minLength: length, maxLength: length });

export const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
export const count = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);

export const tensor: fc.Arbitrary<HostTensor> = fc
  .tuple(fc.constantFrom(...(Object.keys(values) as Dtype[])), shape)
  .chain(([dtype, sizes]) => values[dtype](count(sizes)).map((data) => ({ dtype, shape: sizes, data })));

/** Names that have bitten parsers: keys of Object.prototype, numbers (which objects reorder), quotes, other scripts. */
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '0', '1', 'a.0.weight', '"', '\\', 'ü', '\u2028', ''),
  fc.string({ maxLength: 8 }).filter((text) => text !== '__metadata__'),
);

export const tensorMap: fc.Arbitrary<Map<string, HostTensor>> = fc
  .uniqueArray(fc.tuple(name, tensor), { maxLength: 5, selector: ([key]) => key })
  .map((pairs) => new Map(pairs));
