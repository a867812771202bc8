import { promisify } from 'node:util';
import { crc32, inflate } from 'node:zlib';

const inflateAsync = promisify(inflate);
const signature = '89504e470d0a1a0a';

/** Samples of a pixel by PNG's colour type: grey, RGB, palette index, grey + alpha, RGB + alpha. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const depthsOf: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };

/** Adam7: first row and column, and steps, of the seven passes. */
const adam7 = [
  [0, 0, 8, 8], [0, 4, 8, 8], [4, 0, 8, 4], [0, 2, 4, 4], [2, 0, 4, 2], [0, 1, 2, 2], [1, 0, 2, 1],
] as const; // prettier-ignore

export interface DecodedPng {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly depth: number; // bits of a sample
  readonly samples: Uint8Array | Uint16Array; // [H,W,C] as stored: palette indices where there is a palette
  readonly palette?: readonly (readonly [number, number, number])[];
}

/**
 * Decodes a PNG (W3C PNG, third edition), any colour type, depth and interlacing, without expanding its palette. Transparency chunks are not
 * applied.
 *
 * @throws Error saying what is wrong with the bytes
 */
export async function decodePng(bytes: Buffer, maxPixels: number): Promise<DecodedPng> {
  const { header, palette, data } = readChunks(bytes);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, colorType, , , interlaced] = header.subarray(8);
  const channels = channelsOf[colorType] ?? 0;
  if (!depthsOf[colorType]?.includes(depth) || interlaced > 1) {
    throw new Error(`PNG colour type ${colorType} with ${depth} bits and interlacing ${interlaced} is not defined`);
  }
  if (width === 0 || height === 0 || width * height > maxPixels) throw new Error(`${width} x ${height} pixels, expected 1 to ${maxPixels}`);
  const passes = interlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  const sizes = passes.map(([y, x, dy, dx]) => ({ rows: Math.ceil((height - y) / dy), columns: Math.ceil((width - x) / dx) }));
  const rowBytes = (columns: number): number => Math.ceil((columns * channels * depth) / 8);
  const expected = sizes.reduce((sum, { rows, columns }) => sum + (columns > 0 && rows > 0 ? rows * (1 + rowBytes(columns)) : 0), 0);
  if (expected > 1100 * data.length)
    throw new Error(`${data.length} bytes of image data are too few for ${width} x ${height} pixels (incomplete)`);
  const raw = await inflateAsync(data, { maxOutputLength: expected });
  if (raw.length < expected) throw new Error(`image data of ${raw.length} bytes, expected ${expected} (incomplete)`);

  const samples = depth === 16 ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  const pixelBytes = Math.max(1, (channels * depth) >> 3);
  let at = 0;
  passes.forEach(([y, x, dy, dx], pass) => {
    const { rows, columns } = sizes[pass];
    if (columns <= 0) return;
    const length = rowBytes(columns);
    let previous = new Uint8Array(length);
    for (let row = 0; row < rows; row++) {
      const line = raw.subarray(at + 1, at + 1 + length);
      unfilter(raw[at], line, previous, pixelBytes);
      for (let i = 0; i < columns * channels; i++) {
        const column = x + dx * Math.floor(i / channels);
        samples[((y + dy * row) * width + column) * channels + (i % channels)] = sampleAt(line, i, depth);
      }
      previous = line;
      at += 1 + length;
    }
  });
  return { width, height, channels, depth, samples, ...(colorType === 3 ? { palette: readPalette(palette) } : {}) };
}

function readChunks(bytes: Buffer): { header: Buffer; palette: Buffer; data: Buffer } {
  if (bytes.toString('hex', 0, 8) !== signature) throw new Error('not a PNG: the signature is missing');
  const parts: Buffer[] = [];
  let header: Buffer | undefined;
  let palette: Buffer = Buffer.alloc(0);
  for (let at = 8; ;) {
    if (at + 12 > bytes.length) throw new Error('the PNG ends before its IEND chunk (truncated)');
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (at + 12 + length > bytes.length)
      throw new Error(`the PNG chunk ${type} of ${length} bytes runs past the end of the file (truncated)`);
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== bytes.readUInt32BE(at + 8 + length))
      throw new Error(`the checksum of the PNG chunk ${type} is wrong`);
    if (type === 'IHDR' && length === 13) header = content;
    else if (type === 'PLTE') palette = content;
    else if (type === 'IDAT') parts.push(content);
    else if (type === 'IEND') break;
    at += 12 + length;
  }
  if (!header) throw new Error('the PNG has no header chunk');
  return { header, palette, data: Buffer.concat(parts) };
}

function readPalette(bytes: Buffer): [number, number, number][] {
  if (bytes.length === 0 || bytes.length % 3 !== 0 || bytes.length > 768)
    throw new Error(`a PNG palette of ${bytes.length} bytes, expected 3 to 768`);
  return Array.from({ length: bytes.length / 3 }, (_, i) => [bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]]);
}

/** Undoes the filter of one row in place; W3C PNG, section 9.2. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, pixelBytes: number): void {
  if (filter > 4) throw new Error(`PNG filter ${filter} is not defined`);
  if (filter === 0) return;
  for (let i = 0; i < line.length; i++) {
    const left = i >= pixelBytes ? line[i - pixelBytes] : 0;
    const up = above[i];
    if (filter === 1) line[i] += left;
    else if (filter === 2) line[i] += up;
    else if (filter === 3) line[i] += (left + up) >> 1;
    else line[i] += paeth(left, up, i >= pixelBytes ? above[i - pixelBytes] : 0);
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const estimate = left + up - upLeft;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - upLeft)];
  return a <= b && a <= c ? left : b <= c ? up : upLeft;
}

function sampleAt(line: Uint8Array, i: number, depth: number): number {
  if (depth === 8) return line[i];
  if (depth === 16) return (line[2 * i] << 8) | line[2 * i + 1];
  const bit = i * depth;
  return (line[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}
