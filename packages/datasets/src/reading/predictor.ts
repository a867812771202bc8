import type { Place } from './place.js';

/** Integers as they are differenced: modulo 2^8, 2^16 or 2^32, the sign does not matter. */
export type UnsignedArray = Uint8Array | Uint16Array | Uint32Array;

/**
 * Undoes horizontal differencing (TIFF 6.0 section 14) in place: each value was stored less its left neighbour of the same band.
 *
 * @param values rows of single bands, as many `bands` of them as lie at `place`
 */
export function undoDifferencing(values: UnsignedArray, bands: number, place: Place): void {
  for (let band = 0; band < bands; band++) {
    for (let row = 0; row < place.rows; row++) {
      const start = place.at + band * place.bandStride + row * place.rowStride;
      // One loop a type: a loop that has met several of them is several times slower.
      if (values instanceof Uint8Array) sumRow8(values, start, start + place.columns);
      else if (values instanceof Uint16Array) sumRow16(values, start, start + place.columns);
      else sumRow32(values, start, start + place.columns);
    }
  }
}

function sumRow8(values: Uint8Array, start: number, stop: number): void {
  for (let i = start, sum = 0; i < stop; i++) values[i] = sum = (sum + values[i]) | 0;
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
