const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const encoder = new TextEncoder();

/**
 * A hash that is the same on every machine and in every version: FNV-1a (32 bits) over the UTF-8 bytes of `text`, then the finaliser of
 * MurmurHash3, which spreads the last bytes over all bits.
 *
 * @returns an unsigned 32-bit integer
 */
export function stableHash(text: string): number {
  let hash = FNV_OFFSET;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return finalizeHash(hash);
}

/** The finaliser of MurmurHash3, h ^= h >>> 16; h *= 0x85ebca6b; h ^= h >>> 13; h *= 0xc2b2ae35; h ^= h >>> 16, unsigned. */
export function finalizeHash(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
