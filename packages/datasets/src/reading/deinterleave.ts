import type { UnsignedArray } from './predictor.js';

/** Sorts interleaved pixels by band: [pixels,bands] -> [bands,pixels]. */
export function deinterleave(values: UnsignedArray | Float64Array, bands: number): UnsignedArray | Float64Array {
  // One loop a type: a loop that has met several of them is several times slower.
  if (values instanceof Uint8Array) return deinterleave8(values, bands);
  if (values instanceof Uint16Array) return deinterleave16(values, bands);
  if (values instanceof Uint32Array) return deinterleave32(values, bands);
  return deinterleave64(values, bands);
}

function deinterleave8(values: Uint8Array, bands: number): Uint8Array {
  if (values.length % (4 * bands) === 0 && values.byteOffset % 4 === 0) {
    if (bands === 3) return deinterleave8By3(values);
    if (bands === 4) return deinterleave8By4(values);
  }
  const out = new Uint8Array(values.length);
  for (let band = 0, to = 0; band < bands; band++) {
    for (let from = band; from < values.length; from += bands) out[to++] = values[from];
  }
  return out;
}

/** Four pixels of three bytes at a time, three times as fast as byte by byte; the machine is little endian, as all that Node runs on. */
function deinterleave8By3(values: Uint8Array): Uint8Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length / 4);
  const out = new Uint32Array(words.length);
  const plane = words.length / 3;
  for (let to = 0, from = 0; to < plane; to++, from += 3) {
    const a = words[from]; // r1 b0 g0 r0
    const b = words[from + 1]; // g2 r2 b1 g1
    const c = words[from + 2]; // b3 g3 r3 b2
    out[to] = (a & 0xff) | ((a >>> 16) & 0xff00) | (b & 0xff0000) | ((c << 16) & 0xff000000);
    out[to + plane] = ((a >>> 8) & 0xff) | ((b << 8) & 0xff00) | ((b >>> 8) & 0xff0000) | ((c << 8) & 0xff000000);
    out[to + 2 * plane] = ((a >>> 16) & 0xff) | (b & 0xff00) | ((c << 16) & 0xff0000) | (c & 0xff000000);
  }
  return new Uint8Array(out.buffer);
}

/** Four pixels of four bytes at a time: a 4 x 4 matrix is transposed. */
function deinterleave8By4(values: Uint8Array): Uint8Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length / 4);
  const out = new Uint32Array(words.length);
  const plane = words.length / 4;
  for (let to = 0, from = 0; to < plane; to++, from += 4) {
    const a = words[from];
    const b = words[from + 1];
    const c = words[from + 2];
    const d = words[from + 3];
    out[to] = (a & 0xff) | ((b << 8) & 0xff00) | ((c << 16) & 0xff0000) | (d << 24);
    out[to + plane] = ((a >>> 8) & 0xff) | (b & 0xff00) | ((c << 8) & 0xff0000) | ((d << 16) & 0xff000000);
    out[to + 2 * plane] = ((a >>> 16) & 0xff) | ((b >>> 8) & 0xff00) | (c & 0xff0000) | ((d << 8) & 0xff000000);
    out[to + 3 * plane] = (a >>> 24) | ((b >>> 16) & 0xff00) | ((c >>> 8) & 0xff0000) | (d & 0xff000000);
  }
  return new Uint8Array(out.buffer);
}

function deinterleave16(values: Uint16Array, bands: number): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let band = 0, to = 0; band < bands; band++) {
    for (let from = band; from < values.length; from += bands) out[to++] = values[from];
  }
  return out;
}

function deinterleave32(values: Uint32Array, bands: number): Uint32Array {
  const out = new Uint32Array(values.length);
  for (let band = 0, to = 0; band < bands; band++) {
    for (let from = band; from < values.length; from += bands) out[to++] = values[from];
  }
  return out;
}

function deinterleave64(values: Float64Array, bands: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let band = 0, to = 0; band < bands; band++) {
    for (let from = band; from < values.length; from += bands) out[to++] = values[from];
  }
  return out;
}
