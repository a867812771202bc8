import type { Place } from './place.js';

/** Integers as they are differenced: modulo 2^8, 2^16 or 2^32, the sign does not matter. */
export type UnsignedArray = Uint8Array | Uint16Array | Uint32Array;

/**
 * Undoes horizontal differencing (TIFF 6.0 section 14) in place: each value was stored less its left neighbour of the same band.
 *
 * @param values rows of single bands, as many `bands` of them as lie at `place`
 */
export function undoDifferencing(values: UnsignedArray, bands: number, place: Place): void {
  if (values instanceof Uint8Array) {
    sumRows8(values, bands, place);
    return;
  }
  for (let band = 0; band < bands; band++) {
    for (let row = 0; row < place.rows; row++) {
      const start = place.at + band * place.bandStride + row * place.rowStride;
      // One loop a type: a loop that has met several of them is several times slower.
      if (values instanceof Uint16Array) sumRow16(values, start, start + place.columns);
      else sumRow32(values, start, start + place.columns);
    }
  }
}

/** Four values at a time where they fill whole words, as few reads and writes are what makes it fast; little endian. */
function sumRows8(values: Uint8Array, bands: number, { at, rowStride, bandStride, rows, columns }: Place): void {
  const aligned = values.byteOffset % 4 === 0;
  const words = new Int32Array(values.buffer, aligned ? values.byteOffset : 0, aligned ? values.length >> 2 : 0);
  for (let band = 0; band < bands; band++) {
    for (let row = 0; row < rows; row++) {
      const start = at + band * bandStride + row * rowStride;
      const inWords = aligned && start % 4 === 0 ? columns >> 2 : 0;
      let sum = 0; // its lowest eight bits count
      for (let i = start >> 2; i < (start >> 2) + inWords; i++) {
        const word = words[i];
        const first = sum + word;
        const second = first + (word >>> 8);
        const third = second + (word >>> 16);
        sum = (third + (word >>> 24)) & 0xff;
        words[i] = (first & 0xff) | ((second & 0xff) << 8) | ((third & 0xff) << 16) | (sum << 24);
      }
      for (let i = start + 4 * inWords; i < start + columns; i++) values[i] = sum = (sum + values[i]) | 0;
    }
  }
}

function sumRow16(values: Uint16Array, start: number, stop: number): void {
  for (let i = start, sum = 0; i < stop; i++) values[i] = sum = (sum + values[i]) | 0;
}

function sumRow32(values: Uint32Array, start: number, stop: number): void {
  for (let i = start, sum = 0; i < stop; i++) values[i] = sum = (sum + values[i]) | 0;
}

/**
 * Undoes the floating-point predictor (Adobe Photoshop TIFF technical note 3): a row's bytes were sorted by significance, the highest first,
 * and differenced bytewise, each from the same byte of the pixel before.
 *
 * @param bytes rows of `rowLength` values, `bands` of them a pixel, of `size` bytes each
 * @returns the values as little-endian bytes, in the same order
 */
export function undoFloatPredictor(bytes: Uint8Array, rowLength: number, bands: number, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const rowBytes = rowLength * size;
  for (let row = 0; row + rowBytes <= bytes.length; row += rowBytes) {
    for (let band = 0; band < bands; band++) {
      let sum = 0; // goes on from one byte of the values to the next
      for (let byte = 0, from = row + band; byte < size; byte++) {
        for (let to = row + band * size + size - 1 - byte; to < row + rowBytes; to += bands * size, from += bands) {
          out[to] = sum = (sum + bytes[from]) | 0;
        }
      }
    }
  }
  return out;
}
