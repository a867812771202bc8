import { deflateSync } from 'node:zlib';
import type { PixelType } from '../src/index.js';

/** What a tiny TIFF for tests looks like; pixels are [C,H,W]. */
export interface TinyTiff {
  readonly pixels: ArrayLike<number>;
  readonly bands: number;
  readonly height: number;
  readonly width: number;
  readonly dtype?: PixelType;
  readonly littleEndian?: boolean;
  readonly big?: boolean;
  readonly planar?: boolean;
  readonly block?: { readonly kind: 'strip' | 'tile'; readonly width: number; readonly height: number };
  readonly compression?: 'none' | 'deflate' | 'packbits' | 'lzw';
  readonly predictor?: 1 | 2 | 3;
  readonly nodata?: string;
  readonly epsg?: number;
  readonly pixelIsPoint?: boolean;
  readonly origin?: readonly [x: number, y: number, pixel: number];
  /** Changes the header's numbers before they are written: tag -> values. */
  readonly override?: Readonly<Record<number, readonly number[]>>;
}

const codes = { none: 1, lzw: 5, deflate: 8, packbits: 32773 } as const;
const bytesOf = (dtype: PixelType): number => Number(/\d+/.exec(dtype)?.[0]) / 8;

/** The bytes of a TIFF file, written the plain way: a slow reference for the reader. */
export function tinyTiff(tiff: TinyTiff): Buffer {
  const {
    bands,
    height,
    width,
    dtype = 'uint8',
    littleEndian = true,
    big = false,
    planar = false,
    compression = 'none',
    predictor = 1,
  } = tiff;
  const block = tiff.block ?? { kind: 'strip', width, height };
  const blocks = cutBlocks(tiff, block, planar).map((values) =>
    encodeBlock(values, tiff, block.width * (planar ? 1 : bands), planar ? 1 : bands),
  );
  const size = bytesOf(dtype);
  const headerSize = big ? 16 : 8;
  const offsets: number[] = [];
  let at = headerSize;
  for (const data of blocks) {
    offsets.push(at);
    at += data.length;
  }
  const format = dtype.startsWith('float') ? 3 : dtype.startsWith('int') ? 2 : 1;
  const [x, y, pixel] = tiff.origin ?? [0, 0, 0];
  const keys = [
    1,
    1,
    0,
    tiff.epsg === undefined ? 1 : 2,
    1025,
    0,
    1,
    tiff.pixelIsPoint ? 2 : 1,
    ...(tiff.epsg === undefined ? [] : [3072, 0, 1, tiff.epsg]),
  ];
  const fields: [tag: number, type: number, values: readonly number[]][] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, new Array<number>(bands).fill(size * 8)],
    [259, 3, [codes[compression]]],
    [262, 3, [1]],
    [277, 3, [bands]],
    ...(block.kind === 'strip' ? ([[273, 4, offsets], [278, 4, [block.height]], [279, 4, blocks.map(({ length }) => length)]] as [number, number, number[]][]) : []),
    [284, 3, [planar ? 2 : 1]],
    [317, 3, [predictor]],
    ...(block.kind === 'tile' ? ([[322, 4, [block.width]], [323, 4, [block.height]], [324, 4, offsets], [325, 4, blocks.map(({ length }) => length)]] as [number, number, number[]][]) : []),
    [339, 3, new Array<number>(bands).fill(format)],
    ...(tiff.origin ? ([[33550, 12, [pixel, pixel, 0]], [33922, 12, [0, 0, 0, x, y, 0]]] as [number, number, number[]][]) : []),
    ...(tiff.origin || tiff.epsg !== undefined ? ([[34735, 3, keys]] as [number, number, number[]][]) : []),
    ...(tiff.nodata === undefined ? [] : ([[42113, 2, [...Buffer.from(`${tiff.nodata}\0`)]]] as [number, number, number[]][])),
  ]; // prettier-ignore
  const directory = encodeDirectory(
    fields.map(([tag, type, values]) => [tag, type, tiff.override?.[tag] ?? values]),
    at,
    { littleEndian, big },
  );
  const header = Buffer.alloc(headerSize);
  header.write(littleEndian ? 'II' : 'MM', 'latin1');
  put(header, 2, 2, big ? 43 : 42, littleEndian);
  if (big) put(header, 4, 2, 8, littleEndian);
  put(header, big ? 8 : 4, big ? 8 : 4, at, littleEndian);
  return Buffer.concat([header, ...blocks, directory]);
}

function cutBlocks({ pixels, bands, height, width }: TinyTiff, block: NonNullable<TinyTiff['block']>, planar: boolean): number[][] {
  const blocks: number[][] = [];
  for (let plane = 0; plane < (planar ? bands : 1); plane++) {
    for (let top = 0; top < height; top += block.height) {
      for (let left = 0; left < width; left += block.width) {
        const values: number[] = [];
        const rows = block.kind === 'tile' ? block.height : Math.min(block.height, height - top);
        for (let row = top; row < top + rows; row++) {
          for (let column = left; column < left + block.width; column++) {
            for (let band = planar ? plane : 0; band < (planar ? plane + 1 : bands); band++) {
              values.push(row < height && column < width ? pixels[(band * height + row) * width + column] : 0);
            }
          }
        }
        blocks.push(values);
      }
    }
  }
  return blocks;
}

function encodeBlock(
  values: number[],
  { dtype = 'uint8', littleEndian = true, compression = 'none', predictor = 1 }: TinyTiff,
  rowLength: number,
  stride: number,
): Buffer {
  const size = bytesOf(dtype);
  const plain = Buffer.alloc(values.length * size);
  const stored = predictor === 2 ? values.map((value, i) => (i % rowLength < stride ? value : value - values[i - stride])) : values;
  stored.forEach((value, i) => putPixel(plain, i * size, dtype, value, predictor === 3 ? false : littleEndian));
  const bytes = predictor === 3 ? floatPredictor(plain, rowLength, stride, size) : plain;
  if (compression === 'deflate') return deflateSync(bytes);
  if (compression === 'packbits') return packBits(bytes);
  return compression === 'lzw' ? lzwOfLiterals(bytes) : bytes;
}

function floatPredictor(plain: Buffer, rowLength: number, stride: number, size: number): Buffer {
  const out = Buffer.alloc(plain.length);
  const rowBytes = rowLength * size;
  for (let row = 0; row < plain.length; row += rowBytes) {
    const sorted = Array.from({ length: rowBytes }, (_, i) => plain[row + (i % rowLength) * size + Math.floor(i / rowLength)]);
    sorted.forEach((byte, i) => (out[row + i] = byte - (i < stride ? 0 : sorted[i - stride])));
  }
  return out;
}

function packBits(bytes: Buffer): Buffer {
  const out: number[] = [];
  for (let at = 0; at < bytes.length;) {
    let run = 1;
    while (run < 128 && bytes[at + run] === bytes[at]) run++;
    if (run > 1) out.push(257 - run, bytes[at]);
    else out.push(0, bytes[at]);
    at += run;
  }
  return Buffer.from(out);
}

/** Every byte as a 9-bit code of itself, the table cleared before it grows past 9 bits. */
function lzwOfLiterals(bytes: Buffer): Buffer {
  const codesOut: number[] = [];
  bytes.forEach((byte, i) => {
    if (i % 250 === 0) codesOut.push(256);
    codesOut.push(byte);
  });
  codesOut.push(257);
  const bits = codesOut.map((code) => code.toString(2).padStart(9, '0')).join(''); // prettier-ignore
  return Buffer.from(
    Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2)),
  );
}

function encodeDirectory(
  fields: readonly (readonly [tag: number, type: number, values: readonly number[]])[],
  start: number,
  { littleEndian, big }: { littleEndian: boolean; big: boolean },
): Buffer {
  const [countSize, entrySize, inline] = big ? [8, 20, 8] : [2, 12, 4];
  const sizes: Record<number, number> = { 2: 1, 3: 2, 4: 4, 12: 8 };
  const entries = Buffer.alloc(countSize + fields.length * entrySize + (big ? 8 : 4));
  put(entries, 0, countSize, fields.length, littleEndian);
  const outside: Buffer[] = [];
  let free = start + entries.length;
  fields.forEach(([tag, type, values], i) => {
    const at = countSize + i * entrySize;
    const data = Buffer.alloc(Math.max(values.length * sizes[type], inline));
    values.forEach((value, j) =>
      type === 12 ? putPixel(data, 8 * j, 'float64', value, littleEndian) : put(data, j * sizes[type], sizes[type], value, littleEndian),
    );
    put(entries, at, 2, tag, littleEndian);
    put(entries, at + 2, 2, type, littleEndian);
    put(entries, at + 4, inline, values.length, littleEndian);
    if (data.length <= inline) data.copy(entries, at + 4 + inline);
    else {
      put(entries, at + 4 + inline, inline, free, littleEndian);
      outside.push(data);
      free += data.length;
    }
  });
  return Buffer.concat([entries, ...outside]);
}

function put(buffer: Buffer, at: number, size: number, value: number, littleEndian: boolean): void {
  if (size === 8) {
    if (littleEndian) buffer.writeBigUInt64LE(BigInt(value), at);
    else buffer.writeBigUInt64BE(BigInt(value), at);
  } else if (littleEndian) buffer.writeUIntLE(value, at, size);
  else buffer.writeUIntBE(value, at, size);
}

function putPixel(buffer: Buffer, at: number, dtype: PixelType, value: number, littleEndian: boolean): void {
  const view = new DataView(buffer.buffer, buffer.byteOffset + at);
  if (dtype === 'float64') view.setFloat64(0, value, littleEndian);
  else if (dtype === 'float32') view.setFloat32(0, value, littleEndian);
  else if (dtype.endsWith('32')) view.setInt32(0, value, littleEndian);
  else if (dtype.endsWith('16')) view.setInt16(0, value, littleEndian);
  else view.setInt8(0, value);
}
