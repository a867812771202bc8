import type { Place } from './place.js';
import type { UnsignedArray } from './predictor.js';

/** Sorts interleaved pixels, rows of `width` of them, by band: the planes go to `place` in `out`, an array of the same type. */
export function deinterleave<T extends UnsignedArray | Float64Array>(values: T, bands: number, width: number, out: T, place: Place): void {
  const { rows, columns, rowStride } = place;
  if (columns === width && rowStride === width && rows > 1) {
    deinterleave(values, bands, rows * width, out, { ...place, rows: 1, columns: rows * width }); // the rows follow each other, here as there
    return;
  }
  // One loop a type: a loop that has met several of them is several times slower.
  if (values instanceof Uint8Array) deinterleave8(values, bands, width, out as Uint8Array, place);
  else if (values instanceof Uint16Array) deinterleave16(values, bands, width, out as Uint16Array, place);
  else if (values instanceof Uint32Array) deinterleave32(values, bands, width, out as Uint32Array, place);
  else deinterleave64(values, bands, width, out as Float64Array, place);
}

function deinterleave8(values: Uint8Array, bands: number, width: number, out: Uint8Array, place: Place): void {
  const { at, rowStride, bandStride, rows, columns } = place;
  const starts = [values.byteOffset, out.byteOffset + at, bandStride, rows > 1 ? rowStride : 0, rows > 1 ? width : 0];
  const inWords = (bands === 3 || bands === 4) && starts.every((start) => start % 4 === 0);
  if (inWords && bands === 3) deinterleave8By3(values, width, out, place);
  else if (inWords) deinterleave8By4(values, width, out, place);
  const done = inWords ? columns - (columns % 4) : 0;
  for (let row = 0; row < rows; row++) {
    for (let band = 0; band < bands; band++) {
      const stop = at + band * bandStride + row * rowStride + columns;
      for (let to = stop - columns + done, from = (row * width + done) * bands + band; to < stop; to++, from += bands)
        out[to] = values[from];
    }
  }
}

/** Four pixels of three bytes at a time, three times as fast as byte by byte; the machine is little endian, as all that Node runs on. */
function deinterleave8By3(values: Uint8Array, width: number, out: Uint8Array, { at, rowStride, bandStride, rows, columns }: Place): void {
  const words = wordsOf(values);
  const planes = wordsOf(out);
  const plane = bandStride / 4;
  for (let row = 0; row < rows; row++) {
    let from = (row * width * 3) / 4;
    const start = (at + row * rowStride) / 4;
    for (let to = start; to < start + (columns >> 2); to++, from += 3) {
      const a = words[from]; // r1 b0 g0 r0
      const b = words[from + 1]; // g2 r2 b1 g1
      const c = words[from + 2]; // b3 g3 r3 b2
      planes[to] = (a & 0xff) | ((a >>> 16) & 0xff00) | (b & 0xff0000) | ((c << 16) & 0xff000000);
      planes[to + plane] = ((a >>> 8) & 0xff) | ((b << 8) & 0xff00) | ((b >>> 8) & 0xff0000) | ((c << 8) & 0xff000000);
      planes[to + 2 * plane] = ((a >>> 16) & 0xff) | (b & 0xff00) | ((c << 16) & 0xff0000) | (c & 0xff000000);
    }
  }
}

/** Four pixels of four bytes at a time: a 4 x 4 matrix is transposed. */
function deinterleave8By4(values: Uint8Array, width: number, out: Uint8Array, { at, rowStride, bandStride, rows, columns }: Place): void {
  const words = wordsOf(values);
  const planes = wordsOf(out);
  const plane = bandStride / 4;
  for (let row = 0; row < rows; row++) {
    let from = row * width;
    const start = (at + row * rowStride) / 4;
    for (let to = start; to < start + (columns >> 2); to++, from += 4) {
      const a = words[from];
      const b = words[from + 1];
      const c = words[from + 2];
      const d = words[from + 3];
      planes[to] = (a & 0xff) | ((b << 8) & 0xff00) | ((c << 16) & 0xff0000) | (d << 24);
      planes[to + plane] = ((a >>> 8) & 0xff) | (b & 0xff00) | ((c << 8) & 0xff0000) | ((d << 16) & 0xff000000);
      planes[to + 2 * plane] = ((a >>> 16) & 0xff) | ((b >>> 8) & 0xff00) | (c & 0xff0000) | ((d << 8) & 0xff000000);
      planes[to + 3 * plane] = (a >>> 24) | ((b >>> 16) & 0xff00) | ((c >>> 8) & 0xff0000) | (d & 0xff000000);
    }
  }
}

/** Signed, as the engine then keeps them in registers as they are. */
const wordsOf = ({ buffer, byteOffset, length }: Uint8Array): Int32Array => new Int32Array(buffer, byteOffset, length >> 2);

function deinterleave16(values: Uint16Array, bands: number, width: number, out: Uint16Array, place: Place): void {
  const { at, rowStride, bandStride, rows, columns } = place;
  for (let row = 0; row < rows; row++) {
    for (let band = 0; band < bands; band++) {
      const stop = at + band * bandStride + row * rowStride + columns;
      for (let to = stop - columns, from = row * width * bands + band; to < stop; to++, from += bands) out[to] = values[from];
    }
  }
}

function deinterleave32(values: Uint32Array, bands: number, width: number, out: Uint32Array, place: Place): void {
  const { at, rowStride, bandStride, rows, columns } = place;
  for (let row = 0; row < rows; row++) {
    for (let band = 0; band < bands; band++) {
      const stop = at + band * bandStride + row * rowStride + columns;
      for (let to = stop - columns, from = row * width * bands + band; to < stop; to++, from += bands) out[to] = values[from];
    }
  }
}

function deinterleave64(values: Float64Array, bands: number, width: number, out: Float64Array, place: Place): void {
  const { at, rowStride, bandStride, rows, columns } = place;
  for (let row = 0; row < rows; row++) {
    for (let band = 0; band < bands; band++) {
      const stop = at + band * bandStride + row * rowStride + columns;
      for (let to = stop - columns, from = row * width * bands + band; to < stop; to++, from += bands) out[to] = values[from];
    }
  }
}
