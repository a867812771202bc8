import type { PixelArray } from '../planar.js';
import { ByteSource } from './byte-source.js';
import { pixelArrays, toHostOrder, type PixelType } from './pixel-type.js';
import { RasterError } from './raster-error.js';

const maxHeader = 1 << 16; // bytes; numpy's own limit is 10 000
const maxBytes = 2 ** 31;

export interface NpyArray {
  readonly data: PixelArray; // in C order; bool as 0 and 1 in a Uint8Array, 64-bit integers in a Float64Array, float16 in a Float32Array
  readonly shape: readonly number[];
  readonly dtype: PixelType | 'bool' | 'int64' | 'uint64' | 'float16';
}

/**
 * Reads an array of numpy's .npy format, versions 1 to 3, in C or Fortran order. Arrays of objects, texts and structures are refused: reading
 * them would mean running code or guessing.
 *
 * @throws RasterError
 */
export function readNpy(file: string): Promise<NpyArray> {
  return ByteSource.use(file, async (source) => {
    const head = Buffer.from(await source.read(0, Math.min(12, source.size), 'the header'));
    if (head.length < 10 || head.toString('latin1', 0, 6) !== '\x93NUMPY')
      throw new RasterError(file, 'not a .npy file: the magic \\x93NUMPY is missing');
    const version = head[6];
    if (version < 1 || version > 3) throw new RasterError(file, `.npy version ${version}, expected 1, 2 or 3`);
    const start = version === 1 ? 10 : 12;
    if (head.length < start) throw new RasterError(file, 'the .npy header is truncated');
    const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
    if (length > maxHeader) throw new RasterError(file, `a .npy header of ${length} bytes, at most ${maxHeader} are read`);
    const text = Buffer.from(await source.read(start, length, 'the .npy header')).toString('utf8');
    const { dtype, size, littleEndian, fortran, shape } = parseHeader(file, text);
    const count = shape.reduce((product, side) => product * side, 1);
    const bytes = count * size;
    if (bytes > maxBytes) throw new RasterError(file, `shape (${shape.join(', ')}) takes ${bytes} bytes, at most ${maxBytes} are read`);
    const found = source.size - start - length;
    if (bytes !== found)
      throw new RasterError(file, `shape (${shape.join(', ')}) of ${dtype} takes ${bytes} bytes, found ${found} after the header`);
    const raw = (await source.read(start + length, bytes, 'the values')).slice();
    toHostOrder(raw, size, littleEndian);
    const values = toValues(file, dtype, raw.buffer as ArrayBuffer, count);
    return { data: fortran ? toCOrder(values, shape) : values, shape, dtype };
  });
}

interface Header {
  readonly dtype: NpyArray['dtype'];
  readonly size: number;
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

const names: Readonly<Record<string, NpyArray['dtype']>> = {
  b1: 'bool', u1: 'uint8', i1: 'int8', u2: 'uint16', i2: 'int16', u4: 'uint32', i4: 'int32', u8: 'uint64', i8: 'int64', f2: 'float16', f4: 'float32', f8: 'float64',
}; // prettier-ignore

/** The header is the text of a Python dict with exactly the keys descr, fortran_order and shape. */
function parseHeader(file: string, text: string): Header {
  const descr = /'descr':\s*'([<>|=]?)([a-zA-Z]\d*)'/.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(text);
  if (!descr || !order || !shape)
    throw new RasterError(file, `the .npy header must give descr (one type), fortran_order and shape, found ${text.trim().slice(0, 200)}`);
  const [, byteOrder, type] = descr;
  if (!Object.hasOwn(names, type))
    throw new RasterError(file, `arrays of type '${type}' (objects, texts, ...) are refused; expected bool, integers or floats`);
  const sides = shape[1].split(',').map((side) => side.trim()).filter((side) => side !== '').map(Number); // prettier-ignore
  return { dtype: names[type], size: Number(type.slice(1)), littleEndian: byteOrder !== '>', fortran: order[1] === 'True', shape: sides };
}

function toValues(file: string, dtype: NpyArray['dtype'], buffer: ArrayBuffer, count: number): PixelArray {
  if (dtype === 'bool') return new Uint8Array(buffer);
  if (dtype === 'float16') return Float32Array.from(new Uint16Array(buffer), fromHalf);
  if (dtype === 'int64' || dtype === 'uint64') {
    const integers = dtype === 'int64' ? new BigInt64Array(buffer) : new BigUint64Array(buffer);
    const values = Float64Array.from({ length: count }, (_, i) => Number(integers[i]));
    const unsafe = values.find((value) => !Number.isSafeInteger(value));
    if (unsafe !== undefined) throw new RasterError(file, `the ${dtype} value ${unsafe} has no exact 64-bit float`);
    return values;
  }
  return new pixelArrays[dtype](buffer, 0, count);
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** First index fastest -> last index fastest. */
function toCOrder(values: PixelArray, shape: readonly number[]): PixelArray {
  const out = values.slice();
  const index = shape.map(() => 0);
  const steps = shape.map((_, axis) => shape.slice(0, axis).reduce((product, side) => product * side, 1));
  for (let at = 0; at < out.length; at++) {
    out[at] = values[index.reduce((sum, i, axis) => sum + i * steps[axis], 0)];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}
