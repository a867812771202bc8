import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLzw } from '../src/reading/lzw.js';

/** TIFF 6.0 section 13 as it is written there: strings in a table. `most`: how many entries before the table is cleared; 4096: never. */
function encodeLzw(bytes: Uint8Array, most: number): Uint8Array {
  let bits = '';
  let table = new Map<string, number>();
  let free = 258;
  const put = (code: number): void => {
    const width = free < 512 ? 9 : free < 1024 ? 10 : free < 2048 ? 11 : 12;
    bits += code.toString(2).padStart(width, '0');
  };
  const codeOf = (string: string): number | undefined => (string.length === 1 ? string.charCodeAt(0) : table.get(string));
  put(256);
  let string = '';
  for (const byte of bytes) {
    const longer = string + String.fromCharCode(byte);
    if (codeOf(longer) !== undefined) {
      string = longer;
      continue;
    }
    put(codeOf(string) as number);
    if (free < 4096) table.set(longer, free++);
    if (free === most) {
      put(256);
      table = new Map();
      free = 258;
    }
    string = String.fromCharCode(byte);
  }
  if (string) put(codeOf(string) as number);
  free = Math.min(free + 1, 4096);
  put(257);
  return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2));
}

/** From runs of one byte, whose strings grow long and overlap, to noise, which fills the table. */
const content = fc.record({
  length: fc.integer({ min: 0, max: 9_000 }),
  symbols: fc.constantFrom(1, 2, 5, 256),
  most: fc.constantFrom(300, 4094, 4096),
  seed: fc.nat(),
});
const bytesOf = ({ length, symbols, seed }: { length: number; symbols: number; seed: number }): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(Math.imul(seed + i, 2654435761) ^ (i >>> 3), 2246822519) >>> 9) % symbols);

test('decodes what was encoded, and of the first bytes of the data the first bytes', () =>
  fc.assert(
    fc.property(content, fc.nat(), fc.nat(), ({ most, ...pattern }, a, b) => {
      const bytes = bytesOf(pattern);
      const data = encodeLzw(bytes, most);
      expect(Buffer.compare(decodeLzw(data, bytes.length), bytes)).toBe(0);
      expect(Buffer.compare(decodeLzw(data, bytes.length + 1), bytes)).toBe(0); // stops at the end code
      const size = a % (bytes.length + 1);
      expect(Buffer.compare(decodeLzw(data, size), bytes.subarray(0, size))).toBe(0);
      const some = decodeLzw(data.subarray(0, b % (data.length + 1)), bytes.length);
      expect(Buffer.compare(some, bytes.subarray(0, some.length))).toBe(0);
    }),
    { numRuns: 100, seed: 1 },
  ));

test('any bytes decode to at most the size or are refused', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 5_000 }), (data, size) => {
      try {
        expect(decodeLzw(data, size).length).toBeLessThanOrEqual(size);
      } catch (error) {
        expect(String(error)).toMatch(/LZW code \d+ stands before byte \d+ of the data, but only codes below \d+ are known there/);
      }
    }),
    { numRuns: 300, seed: 2 },
  ));
