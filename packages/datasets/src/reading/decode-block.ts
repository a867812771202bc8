import { inflateSync } from 'node:zlib';
import type { PixelArray } from '../planar.js';
import { deinterleave } from './deinterleave.js';
import { decodeLzw } from './lzw.js';
import { decodePackBits } from './pack-bits.js';
import { pixelArrays, toHostOrder, type PixelType } from './pixel-type.js';
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
 * @param data the block as stored; it is left as it is
 * @returns [bands,rows,width]: a part of `data` where nothing is to be done, else in a buffer of its own
 * @throws Error saying what is wrong with the data
 */
export function decodeBlock(format: BlockFormat, rows: number, data: Uint8Array): PixelArray {
  const { dtype, predictor, littleEndian, bands, width } = format;
  const size = pixelArrays[dtype].BYTES_PER_ELEMENT as 1 | 2 | 4 | 8;
  const rowLength = width * bands;
  const bytes = decompress(format, data, rows * rowLength * size, format.maxRows * rowLength * size);
  const plain = predictor === 3 ? undoFloatPredictor(bytes, rowLength, bands, size) : bytes;
  toHostOrder(plain, size, predictor === 3 || littleEndian);
  const stored = new unsigned[size](plain.buffer as ArrayBuffer, plain.byteOffset, rows * rowLength);
  const values = bands === 1 ? stored : deinterleave(stored, bands);
  if (predictor === 2 && !(values instanceof Float64Array)) undoDifferencing(values, width);
  return new pixelArrays[dtype](values.buffer as ArrayBuffer, values.byteOffset, values.length);
}

/** The `expected` bytes of a block, of `most` that may be there. */
function decompress(format: BlockFormat, data: Uint8Array, expected: number, most: number): Uint8Array {
  const { dtype, compression, predictor, littleEndian, bands } = format;
  let bytes: Uint8Array;
  try {
    if (compression === 'lzw') bytes = decodeLzw(data, expected);
    else if (compression === 'packbits') bytes = decodePackBits(data, expected);
    // Node's own zlib is native and inflates three times as fast as fflate. One byte more of space, so that it sees the end of the stream.
    else if (compression === 'deflate') bytes = inflateSync(data, { maxOutputLength: most, chunkSize: Math.max(expected + 1, 64) });
    else bytes = data;
  } catch (error) {
    throw new Error(`damaged data, ${error instanceof Error ? error.message : String(error)}; expected ${expected} bytes`, {
      cause: error,
    });
  }
  if (bytes.length < expected) throw new Error(`decodes to ${bytes.length} bytes, expected ${expected} (truncated or damaged)`);
  const size = pixelArrays[dtype].BYTES_PER_ELEMENT;
  const asStored = (littleEndian || size === 1) && bytes.byteOffset % size === 0 && (bands > 1 || (predictor === 1 && bytes === data));
  if (predictor === 3 || asStored) return bytes.subarray(0, expected); // only read from here on
  const own = compression !== 'lzw' && bytes !== data && expected >= Buffer.poolSize; // not the caller's memory, nor a part of Node's pool of small buffers
  return own ? bytes.subarray(0, expected) : new Uint8Array(bytes.subarray(0, expected));
}
