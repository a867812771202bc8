import type { ByteSource } from './byte-source.js';
import { RasterError } from './raster-error.js';

/** Bytes of one value of each field type, TIFF 6.0 section 2 and BigTIFF: BYTE = 1, ASCII = 2, ... LONG8 = 16, SLONG8 = 17, IFD8 = 18. */
const typeSizes: Readonly<Record<number, number>> = {
  1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
}; // prettier-ignore
const ascii = 2;

const maxDirectories = 1024; // images of one file
const maxEntries = 4096; // fields of one image; real files have a few dozen

interface Field {
  readonly type: number;
  readonly count: number;
  readonly offset: number; // where the values lie in the file
}

/** How the numbers of a file are written: its byte order, and offsets of 8 bytes (BigTIFF) or 4. */
export interface TiffFormat {
  readonly littleEndian: boolean;
  readonly big: boolean;
}

/** One image file directory: its fields by tag, their values read when asked for. */
export class TiffDirectory {
  constructor(
    private readonly source: ByteSource,
    readonly format: TiffFormat,
    readonly index: number,
    private readonly fields: ReadonlyMap<number, Field>,
  ) {}

  has(tag: number): boolean {
    return this.fields.has(tag);
  }

  /** How many values a field has; 0 where it is absent. */
  count(tag: number): number {
    return this.fields.get(tag)?.count ?? 0;
  }

  /** The values of a numeric field, or undefined where it is absent; more than `maxCount` values are an error. */
  async numbers(tag: number, maxCount: number): Promise<number[] | undefined> {
    const field = this.fields.get(tag);
    if (!field) return undefined;
    if (field.type === ascii || field.count > maxCount || field.count === 0) {
      throw this.error(`tag ${tag} has ${field.count} values of type ${field.type}, expected 1 to ${maxCount} numbers`);
    }
    const view = await this.values(tag, field);
    return Array.from({ length: field.count }, (_, i) => readNumber(view, i * typeSizes[field.type], field.type, this.format.littleEndian));
  }

  /** The single value of a numeric field, or `fallback` where it is absent. */
  async number(tag: number, fallback?: number): Promise<number> {
    const values = await this.numbers(tag, 1);
    if (values) return values[0];
    if (fallback === undefined) throw this.error(`tag ${tag} is missing`);
    return fallback;
  }

  /** The text of an ASCII field up to its first NUL, or undefined where it is absent. */
  async text(tag: number, maxLength: number): Promise<string | undefined> {
    const field = this.fields.get(tag);
    if (!field) return undefined;
    if (field.type !== ascii || field.count > maxLength) {
      throw this.error(`tag ${tag} has ${field.count} values of type ${field.type}, expected text of at most ${maxLength} bytes`);
    }
    const view = await this.values(tag, field);
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const end = bytes.indexOf(0);
    return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
  }

  error(problem: string): RasterError {
    return new RasterError(this.source.file, `TIFF image ${this.index}: ${problem}`);
  }

  private async values(tag: number, { type, count, offset }: Field): Promise<DataView> {
    const bytes = await this.source.read(offset, count * typeSizes[type], `tag ${tag} of TIFF image ${this.index}`);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** All directories of a file, in its order. A chain that returns to a directory already seen is an error. */
export async function readDirectories(source: ByteSource): Promise<TiffDirectory[]> {
  const { format, first } = await readMagic(source);
  const directories: TiffDirectory[] = [];
  const visited = new Set<number>();
  for (let offset = first; offset !== 0;) {
    if (visited.has(offset))
      throw new RasterError(source.file, `the chain of TIFF image directories (IFDs) is a loop: it returns to offset ${offset}`);
    if (directories.length === maxDirectories) throw new RasterError(source.file, `more than ${maxDirectories} TIFF images in one file`);
    visited.add(offset);
    const { directory, next } = await readDirectory(source, format, offset, directories.length);
    directories.push(directory);
    offset = next;
  }
  if (directories.length === 0) throw new RasterError(source.file, 'a TIFF header without any image');
  return directories;
}

async function readMagic(source: ByteSource): Promise<{ format: TiffFormat; first: number }> {
  const head = Buffer.from(await source.read(0, Math.min(16, source.size), 'the header'));
  const order = head.toString('latin1', 0, 2);
  const littleEndian = order === 'II';
  const magic = head.length < 8 ? 0 : littleEndian ? head.readUInt16LE(2) : head.readUInt16BE(2);
  if ((order !== 'II' && order !== 'MM') || (magic !== 42 && magic !== 43)) {
    const found = head.subarray(0, 8);
    throw new RasterError(
      source.file,
      `not a TIFF: expected the magic number 42 or 43 after II or MM, found ${source.size === 0 ? 'an empty file' : `bytes ${found.toString('hex')}`}`,
    );
  }
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (magic === 42) return { format: { littleEndian, big: false }, first: view.getUint32(4, littleEndian) };
  if (head.length < 16 || view.getUint16(4, littleEndian) !== 8 || view.getUint16(6, littleEndian) !== 0) {
    throw new RasterError(source.file, 'a BigTIFF header must say 8-byte offsets and hold 16 bytes');
  }
  return { format: { littleEndian, big: true }, first: Number(view.getBigUint64(8, littleEndian)) };
}

async function readDirectory(
  source: ByteSource,
  format: TiffFormat,
  offset: number,
  index: number,
): Promise<{ directory: TiffDirectory; next: number }> {
  const { littleEndian, big } = format;
  const [countSize, entrySize, inline, pointer] = big ? [8, 20, 8, 8] : [2, 12, 4, 4];
  const what = `TIFF image ${index}`;
  const head = viewOf(await source.read(offset, countSize, what));
  const count = big ? Number(head.getBigUint64(0, littleEndian)) : head.getUint16(0, littleEndian);
  if (count === 0 || count > maxEntries) throw new RasterError(source.file, `${what} has ${count} fields, expected 1 to ${maxEntries}`);
  const view = viewOf(await source.read(offset + countSize, count * entrySize + pointer, what));
  const readPointer = (at: number): number => (big ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian));
  const fields = new Map<number, Field>();
  for (let i = 0; i < count; i++) {
    const at = i * entrySize;
    const tag = view.getUint16(at, littleEndian);
    const type = view.getUint16(at + 2, littleEndian);
    if (!(type in typeSizes)) continue; // TIFF 6.0, section 2: readers skip fields of unknown types
    const values = readPointer(at + 4);
    const valueAt = at + 4 + pointer;
    const fits = values * typeSizes[type] <= inline;
    fields.set(tag, { type, count: values, offset: fits ? offset + countSize + valueAt : readPointer(valueAt) });
  }
  return { directory: new TiffDirectory(source, format, index, fields), next: readPointer(count * entrySize) };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readNumber(view: DataView, at: number, type: number, littleEndian: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, littleEndian);
    case 4:
    case 13:
      return view.getUint32(at, littleEndian);
    case 5:
      return view.getUint32(at, littleEndian) / view.getUint32(at + 4, littleEndian);
    case 6:
      return view.getInt8(at);
    case 8:
      return view.getInt16(at, littleEndian);
    case 9:
      return view.getInt32(at, littleEndian);
    case 10:
      return view.getInt32(at, littleEndian) / view.getInt32(at + 4, littleEndian);
    case 11:
      return view.getFloat32(at, littleEndian);
    case 12:
      return view.getFloat64(at, littleEndian);
    case 16:
    case 18:
      return Number(view.getBigUint64(at, littleEndian));
    case 17:
      return Number(view.getBigInt64(at, littleEndian));
    default:
      return view.getUint8(at);
  }
}
