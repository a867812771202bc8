/** The element types an input may have; 64-bit integers are read as numbers. */
export type NumericArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | BigInt64Array
  | BigUint64Array;

/**
 * What every metric takes: a shape and row-major values on the host, or anything that can be asked for them once, as a TensorFlow.js
 * tensor can (`dataSync`).
 */
export type HostArray = { readonly shape: readonly number[] } & ({ readonly data: NumericArray } | { dataSync(): NumericArray });

/** An input that has been read: its values are numbers, as many as its shape says. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Exclude<NumericArray, BigInt64Array | BigUint64Array>;
}

/**
 * Reads an input, once.
 *
 * @param argument how errors call it: "psnr: pred"
 * @throws TypeError when it is no array with a shape; RangeError when shape and number of values disagree
 */
export function readValues(argument: string, array: HostArray): Values {
  const shape = (array as Partial<HostArray> | undefined)?.shape;
  if (!Array.isArray(shape)) throw new TypeError(`${argument} must be a tensor or { shape, data }, got ${typeof array}`);
  const data = 'dataSync' in array ? array.dataSync() : array.data;
  if (!ArrayBuffer.isView(data)) throw new TypeError(`${argument}: data must be a typed array, got ${typeof data}`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (data.length !== count) throw new RangeError(`${argument}: shape [${shape}] needs ${count} values, data has ${data.length}`);
  return { shape, data: data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : data };
}

/** Reads integers: class ids. @throws RangeError naming the first value that is none, counted or not */
export function readIntegers(argument: string, array: HostArray): Values {
  return readChecked(argument, array, 'hold integers', Number.isInteger);
}

/** Reads finite numbers. @throws RangeError naming the first NaN or infinity */
export function readFinite(argument: string, array: HostArray): Values {
  return readChecked(argument, array, 'be finite', Number.isFinite);
}

function readChecked(argument: string, array: HostArray, must: string, holds: (value: number) => boolean): Values {
  const values = readValues(argument, array);
  const { data, shape } = values;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return values; // the integer types hold nothing else
  for (let i = 0; i < data.length; i++) {
    if (!holds(data[i])) throw new RangeError(`${argument} must ${must}, got ${data[i]} at ${position(i, shape)}`);
  }
  return values;
}

/** Throws unless both have one shape. */
export function assertSameShape(argument: string, { shape }: Values, wanted: readonly number[]): void {
  if (shape.length === wanted.length && shape.every((size, i) => size === wanted[i])) return;
  throw new RangeError(`${argument} must have shape [${wanted}], got [${shape}]`);
}

/** The row-major position `at` as indices: "[0,3,2]". */
export function position(at: number, shape: readonly number[]): string {
  const indices: number[] = [];
  for (const size of [...shape].reverse()) {
    indices.unshift(at % size);
    at = Math.floor(at / size);
  }
  return `[${indices}]`;
}
