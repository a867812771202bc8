const clear = 256;
const end = 257;
const firstFree = 258;
const maxCodes = 4096;

/**
 * TIFF's variant of LZW, TIFF 6.0 section 13: codes of 9 to 12 bits, high bits first, widened one code early. Stops when `size` bytes are
 * there or at the end code; every step consumes a code, so damaged data ends too.
 *
 * @returns as many bytes as could be decoded, at most `size`
 * @throws Error at a code that no table entry has
 */
export function decodeLzw(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  // A string is a stretch of the output written so far: where it starts and how long it is.
  const starts = new Int32Array(maxCodes);
  const lengths = new Int32Array(maxCodes);
  let free = firstFree;
  let width = 9;
  let bits = 0;
  let held = 0;
  let filled = 0;
  let previousStart = -1;
  let previousLength = 0;
  for (let at = 0; filled < size;) {
    while (held < width && at < data.length) {
      bits = ((bits << 8) | data[at++]) & 0xffffff;
      held += 8;
    }
    if (held < width) break;
    const code = (bits >>> (held - width)) & ((1 << width) - 1);
    held -= width;
    if (code === end) break;
    if (code === clear) {
      free = firstFree;
      width = 9;
      previousStart = -1;
      continue;
    }
    const start = filled;
    if (code < clear) {
      out[filled++] = code;
    } else if (code < free) {
      filled = copy(out, starts[code], lengths[code], filled);
    } else if (code === free && previousStart >= 0) {
      filled = copy(out, previousStart, previousLength, filled);
      if (filled < size) out[filled++] = out[previousStart];
    } else {
      throw new Error(`LZW code ${code} stands at byte ${at} of the data, but only codes below ${free} are known there`);
    }
    if (previousStart >= 0 && free < maxCodes) {
      // The new entry is the previous string and the first byte after it, which is the first byte of this one: they are adjacent.
      starts[free] = previousStart;
      lengths[free] = previousLength + 1;
      free++;
    }
    previousStart = start;
    previousLength = filled - start;
    if (free + 1 >= 1 << width && width < 12) width++;
  }
  return out.subarray(0, filled);
}

function copy(out: Uint8Array, from: number, length: number, to: number): number {
  const stop = Math.min(to + length, out.length);
  for (let i = from; to < stop;) out[to++] = out[i++];
  return stop;
}
