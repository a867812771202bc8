import type { PixelArray } from '../planar.js';

/**
 * Undoes horizontal differencing (TIFF 6.0 section 14) in place: each value was stored less its left neighbour of the same band.
 *
 * @param values rows of `rowLength` values, `stride` of them a pixel
 */
export function undoDifferencing(values: PixelArray, rowLength: number, stride: number): void {
  for (let row = 0; row + rowLength <= values.length; row += rowLength) {
    for (let i = row + stride; i < row + rowLength; i++) values[i] += values[i - stride];
  }
}

/**
 * Undoes the floating-point predictor (Adobe Photoshop TIFF technical note 3): a row's bytes were sorted by significance, the highest first,
 * and differenced bytewise.
 *
 * @param rowLength values in a row; @param stride values a pixel; @param size bytes a value
 * @returns the values as big-endian bytes
 */
export function undoFloatPredictor(bytes: Uint8Array, rowLength: number, stride: number, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const rowBytes = rowLength * size;
  const sums = new Uint8Array(rowBytes);
  for (let row = 0; row + rowBytes <= bytes.length; row += rowBytes) {
    for (let i = 0; i < rowBytes; i++) sums[i] = bytes[row + i] + (i >= stride ? sums[i - stride] : 0);
    for (let value = 0; value < rowLength; value++) {
      for (let byte = 0; byte < size; byte++) out[row + value * size + byte] = sums[byte * rowLength + value];
    }
  }
  return out;
}
