import { inflateSync } from 'node:zlib';
import type { PixelArray } from '../planar.js';
import { deinterleave } from './deinterleave.js';
import { decodeLzw } from './lzw.js';
import { decodePackBits } from './pack-bits.js';
import { pixelArrays, toHostOrder, type PixelType } from './pixel-type.js';
import type { Place } from './place.js';
import { undoDifferencing, undoFloatPredictor } from './predictor.js';
import type { Compression } from './tiff-image.js';

/** All that a block's bytes do not tell of themselves; plain data, so that a worker can have it. */
export interface BlockFormat {
  readonly dtype: PixelType;
  readonly compression: Compression;
  readonly predictor: 1 | 2 | 3;
  readonly littleEndian: boolean;
  readonly bands: number; // interleaved in the block
  readonly width: number;
  readonly maxRows: number; // some writers store the last strip whole
}

const unsigned = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array } as const;

/**
 * Decodes one strip or tile.
 *
 * @param rows that are stored; of these the first `place.rows` are wanted
 * @param data the block as stored; it is left as it is
 * @param pixels of the format's type; the values of the block go to `place` in it
 * @throws Error saying what is wrong with the data
 */
export function decodeBlock(format: BlockFormat, rows: number, data: Uint8Array, pixels: PixelArray, place: Place): void {
  const { dtype, predictor, bands, width } = format;
  const size = pixelArrays[dtype].BYTES_PER_ELEMENT as 1 | 2 | 4 | 8;
  const bytes = inHostOrder(format, decompress(format, rows, data), data);
  const values = new unsigned[size](bytes.buffer as ArrayBuffer, bytes.byteOffset, rows * width * bands);
  const out = new unsigned[size](pixels.buffer as ArrayBuffer, pixels.byteOffset, pixels.length);
  if (bands > 1) deinterleave(values, bands, width, out, place);
  else copyRows(values, width, out, place);
  if (predictor === 2 && !(out instanceof Float64Array)) undoDifferencing(out, bands, place);
}

/** The bytes of all rows of a block. */
function decompress(format: BlockFormat, rows: number, data: Uint8Array): Uint8Array {
  const { dtype, compression, bands, width, maxRows } = format;
  const rowBytes = width * bands * pixelArrays[dtype].BYTES_PER_ELEMENT;
  const expected = rows * rowBytes;
  let bytes: Uint8Array;
  try {
    if (compression === 'lzw') bytes = decodeLzw(data, expected);
    else if (compression === 'packbits') bytes = decodePackBits(data, expected);
    // Node's own zlib is native and inflates three times as fast as fflate. One byte more of space, so that it sees the end of the stream.
    else if (compression === 'deflate')
      bytes = inflateSync(data, { maxOutputLength: maxRows * rowBytes, chunkSize: Math.max(expected + 1, 64) });
    else bytes = data;
  } catch (error) {
    throw new Error(`damaged data, ${error instanceof Error ? error.message : String(error)}; expected ${expected} bytes`, {
      cause: error,
    });
  }
  if (bytes.length < expected) throw new Error(`decodes to ${bytes.length} bytes, expected ${expected} (truncated or damaged)`);
  return bytes.subarray(0, expected);
}

/** Decompressed bytes as values of the machine, without the predictor of floats; a copy where `data` would be changed or is not aligned. */
function inHostOrder({ dtype, predictor, littleEndian, bands, width }: BlockFormat, bytes: Uint8Array, data: Uint8Array): Uint8Array {
  const size = pixelArrays[dtype].BYTES_PER_ELEMENT;
  if (size === 1) return bytes;
  const asStored = bytes.byteOffset % size === 0 && (littleEndian || bytes.buffer !== data.buffer);
  const own = predictor === 3 ? undoFloatPredictor(bytes, width * bands, bands, size) : asStored ? bytes : new Uint8Array(bytes);
  toHostOrder(own, size, predictor === 3 || littleEndian);
  return own;
}

function copyRows<T extends PixelArray>(values: T, width: number, out: T, { at, rowStride, rows, columns }: Place): void {
  if (columns === width && rowStride === width) out.set(values.subarray(0, rows * width), at);
  else for (let row = 0; row < rows; row++) out.set(values.subarray(row * width, row * width + columns), at + row * rowStride);
}
