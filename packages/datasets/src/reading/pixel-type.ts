import type { PixelArray } from '../planar.js';

export type PixelType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

interface ArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): PixelArray;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): PixelArray;
}

/** The typed array that holds each pixel type. */
export const pixelArrays: Readonly<Record<PixelType, ArrayConstructor>> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** The pixel type of TIFF's SampleFormat (1 unsigned, 2 signed, 3 floating) and BitsPerSample, or undefined. */
export function pixelTypeOf(sampleFormat: number, bits: number): PixelType | undefined {
  const name = `${['', 'uint', 'int', 'float'][sampleFormat] ?? ''}${bits}`;
  return Object.hasOwn(pixelArrays, name) ? (name as PixelType) : undefined;
}

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Turns values of `size` bytes, written in the given byte order, into the machine's order, in place. */
export function toHostOrder(bytes: Uint8Array, size: number, littleEndian: boolean): void {
  if (littleEndian === hostIsLittleEndian || size === 1) return;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else buffer.swap64();
}
