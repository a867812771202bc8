import { narrowBfloat, narrowHalf, widenBfloat, widenHalf } from './half.js';
import { dtypes, type Dtype, type HostData } from './host-tensor.js';

/**
 * File bytes to host values. `bytes` must own its whole buffer (offset 0) and is reused, not copied, where the type allows.
 *
 * @param bigEndian whether the file holds the elements big end first
 */
export function decodeElements(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>, bigEndian = false): HostData {
  const { bytes: size, array } = dtypes[dtype];
  if (bigEndian) swapBytes(bytes, size);
  if (dtype === 'F16') return widenHalf(new Uint16Array(bytes.buffer));
  if (dtype === 'BF16') return widenBfloat(new Uint16Array(bytes.buffer));
  return new array(bytes.buffer);
}

/** Host values to little-endian file bytes; a view of `data` where no conversion is needed. */
export function encodeElements(dtype: Dtype, data: HostData): Uint8Array {
  const stored = dtype === 'F16' ? narrowHalf(data as Float32Array) : dtype === 'BF16' ? narrowBfloat(data as Float32Array) : data;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function swapBytes(bytes: Uint8Array<ArrayBuffer>, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else if (size === 8) buffer.swap64();
}
