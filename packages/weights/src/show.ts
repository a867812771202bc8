import Table from 'cli-table3';
import { elementCount } from './host-tensor.js';
import type { WeightsFile } from './weights-file.js';

/** What `rs-weights show` tells of a file. */
export interface Listing {
  readonly format: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[]; readonly bytes: number }[];
  readonly parameters: number; // elements of all tensors
  readonly bytes: number;
}

export function listTensors({ format, metadata, tensors }: WeightsFile): Listing {
  const rows = [...tensors].map(([name, { dtype, shape, bytes }]) => ({ name, dtype, shape, bytes }));
  return {
    format,
    metadata: Object.fromEntries(metadata),
    tensors: rows,
    parameters: rows.reduce((sum, { shape }) => sum + (elementCount(shape) ?? 0), 0),
    bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** The listing as a table for people. */
export function renderListing({ format, tensors, parameters, bytes }: Listing): string {
  const table = new Table({
    head: ['name', 'dtype', 'shape', 'size'],
    colAligns: ['left', 'left', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, dtype, shape, bytes: size } of tensors)
    table.push([printable(name), dtype, `[${shape.join(', ')}]`, readableBytes(size)]);
  return `${table.toString()}\n${format}: ${tensors.length} tensors, ${parameters.toLocaleString('en')} parameters, ${readableBytes(bytes)}\n`;
}

function readableBytes(bytes: number): string {
  const unit = bytes < 1e3 ? 0 : bytes < 1e6 ? 1 : bytes < 1e9 ? 2 : 3;
  return `${unit === 0 ? bytes : (bytes / 1e3 ** unit).toFixed(2)} ${['B', 'kB', 'MB', 'GB'][unit]}`;
}

/** Names come from the file: control characters would reach the terminal. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
