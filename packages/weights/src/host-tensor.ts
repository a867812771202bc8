/** Element types, by their names in safetensors. */
export type Dtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'U64' | 'I32' | 'U32' | 'I16' | 'U16' | 'I8' | 'U8' | 'BOOL';

export type HostData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/**
 * A tensor in the memory of the host, row-major. The half types are widened to Float32Array (exactly); I64 is a BigInt64Array,
 * so that no integer is rounded; BOOL is a Uint8Array.
 */
export interface HostTensor {
  readonly dtype?: Dtype; // the type in a file; default: the one of `data`'s class
  readonly shape: readonly number[];
  readonly data: HostData;
}

type HostArray = { new (buffer: ArrayBuffer): HostData; readonly name: string };

interface DtypeFacts {
  readonly bytes: number; // of one element in a file
  readonly array: HostArray; // holds the values on the host
}

export const dtypes: Readonly<Record<Dtype, DtypeFacts>> = {
  F64: { bytes: 8, array: Float64Array },
  F32: { bytes: 4, array: Float32Array },
  F16: { bytes: 2, array: Float32Array },
  BF16: { bytes: 2, array: Float32Array },
  I64: { bytes: 8, array: BigInt64Array },
  U64: { bytes: 8, array: BigUint64Array },
  I32: { bytes: 4, array: Int32Array },
  U32: { bytes: 4, array: Uint32Array },
  I16: { bytes: 2, array: Int16Array },
  U16: { bytes: 2, array: Uint16Array },
  I8: { bytes: 1, array: Int8Array },
  U8: { bytes: 1, array: Uint8Array },
  BOOL: { bytes: 1, array: Uint8Array },
};

export const isDtype = (name: unknown): name is Dtype => typeof name === 'string' && Object.hasOwn(dtypes, name);

/**
 * Number of elements of a shape; undefined unless every size is a safe integer >= 0 and so is the product. A size of 0 does not
 * excuse the others: their product is bounded too.
 */
export function elementCount(shape: readonly unknown[]): number | undefined {
  let count = 1;
  let empty = false;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
    if (size === 0) empty = true;
    else count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return empty ? 0 : count;
}

/**
 * The element type a tensor is written as, after checking that it, the shape and the data agree.
 *
 * @throws TypeError, RangeError naming the tensor
 */
export function dtypeOf(name: string, { dtype, shape, data }: HostTensor): Dtype {
  const known = (Object.keys(dtypes) as Dtype[]).find((key) => data instanceof dtypes[key].array);
  if (known === undefined) throw new TypeError(`tensor ${name}: data must be a typed array of numbers, got ${typeName(data)}`);
  const type = dtype ?? known;
  if (!isDtype(type)) throw new TypeError(`tensor ${name}: unknown dtype ${String(type)}; known are ${Object.keys(dtypes).join(', ')}`);
  if (!(data instanceof dtypes[type].array)) {
    throw new TypeError(`tensor ${name}: ${type} is held in a ${dtypes[type].array.name}, got ${typeName(data)}`);
  }
  const count = elementCount(shape);
  if (count !== data.length)
    throw new RangeError(`tensor ${name}: shape [${shape}] needs ${count ?? 'safe integer sizes'}, data has ${data.length}`);
  return type;
}

const typeName = (value: unknown): string => Object(value).constructor?.name ?? typeof value;
