/**
 * PackBits, TIFF 6.0 section 9: a length byte n, then n + 1 bytes as they are (n < 128) or one byte repeated 257 - n times (n > 128).
 *
 * @returns as many bytes as could be decoded, at most `size`
 */
export function decodePackBits(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let filled = 0;
  for (let at = 0; at < data.length && filled < size;) {
    const n = data[at++];
    if (n < 128) {
      const literal = data.subarray(at, Math.min(at + n + 1, at + size - filled));
      out.set(literal, filled);
      filled += literal.length;
      at += n + 1;
    } else if (n > 128 && at < data.length) {
      const stop = Math.min(filled + 257 - n, size);
      out.fill(data[at++], filled, stop);
      filled = stop;
    }
  }
  return out.subarray(0, filled);
}
