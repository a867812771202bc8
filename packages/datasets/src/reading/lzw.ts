import { Scratch } from './scratch.js';

const clear = 256;
const end = 257;
const firstFree = 258;
const maxCodes = 4096;
const slack = maxCodes + 8; // a string is shorter than the table, and copied by four bytes

const scratch = new Scratch();
// A string is a stretch of the output, which begins with the 256 single bytes: where it starts and how long it is.
const starts = Int32Array.from({ length: maxCodes }, (_, code) => code);
const lengths = new Int32Array(maxCodes).fill(1, 0, clear);

/**
 * TIFF's variant of LZW, TIFF 6.0 section 13: codes of 9 to 12 bits, high bits first, widened one code early. Stops when `size` bytes are
 * there or at the end code; every step consumes a code, so damaged data ends too.
 *
 * @returns as many bytes as could be decoded, at most `size`; they are lost at the next call
 * @throws Error at a code that no table entry has
 */
export function decodeLzw(data: Uint8Array, size: number): Uint8Array {
  const out = scratch.take(clear + size + slack);
  for (let byte = 0; byte < clear; byte++) out[byte] = byte;
  const codes = new DataView(data.buffer, data.byteOffset, data.length);
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const stop = clear + size;
  let free = firstFree;
  let width = 9;
  let filled = clear;
  let previousLength = 0; // of the string before, which ends at `filled`; 0 after a clear code
  for (let at = 0, bit = 0; filled < stop;) {
    const word = at + 4 <= data.length ? codes.getInt32(at) : lastBytes(data, at);
    const code = (word << bit) >>> (32 - width);
    bit += width;
    at += bit >>> 3;
    bit &= 7;
    if (at + (bit > 0 ? 1 : 0) > data.length || code === end) break;
    if (code === clear) {
      free = firstFree;
      width = 9;
      previousLength = 0;
      continue;
    }
    if (previousLength > 0 && free < maxCodes) {
      // The new entry is the previous string and the first byte after it, which is the first byte of this one: they are adjacent.
      starts[free] = filled - previousLength;
      lengths[free] = previousLength + 1;
      free++;
      if (free + 1 >= 1 << width && width < 12) width++;
    }
    if (code >= free) {
      throw new Error(`LZW code ${code} stands before byte ${at} of the data, but only codes below ${free} are known there`);
    }
    const start = starts[code];
    const length = lengths[code];
    // Most strings are short: the first eight bytes are copied without asking how many they are.
    view.setInt32(filled, view.getInt32(start, true), true);
    view.setInt32(filled + 4, view.getInt32(start + 4, true), true);
    for (let i = 8; i < length; i += 4) view.setInt32(filled + i, view.getInt32(start + i, true), true);
    if (start + length > filled) out[filled + length - 1] = out[filled]; // the entry just made ends with the byte that it starts with
    previousLength = length;
    filled += length;
  }
  return out.subarray(clear, Math.min(filled, stop));
}

/** The up to four bytes that are left, high bits first, and zeros. */
function lastBytes(data: Uint8Array, at: number): number {
  return (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]; // past the end: undefined, as a bit pattern 0
}
