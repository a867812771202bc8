import { readSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { asRasterError, RasterError } from './raster-error.js';
import type { Scratch } from './scratch.js';

const wholeFile = 1 << 20; // bytes up to which a file is read in one go
const settled = 2_000; // ms after which a file's time of change tells it from any later content; file systems count in steps of up to 2 s

/** Random access to a file of known size; a range outside of it is an error, never zeros. */
export class ByteSource {
  private constructor(
    readonly file: string,
    readonly size: number,
    /** Tells this content of the file from any other; undefined where the file has just been changed, so that its times cannot tell. */
    readonly identity: string | undefined,
    private readonly handle: FileHandle,
    private readonly content: Uint8Array | undefined,
  ) {}

  /** Opens `file` for `use` and closes it afterwards; whatever fails becomes a `RasterError` that names the file. */
  static async use<T>(file: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, 'r');
      const stats = await handle.stat();
      if (!stats.isFile()) throw new RasterError(file, 'expected a file, found a folder or device');
      const content = stats.size <= wholeFile ? new Uint8Array(stats.size) : undefined;
      if (content) await fill(content, file, handle, 0);
      return await use(new ByteSource(file, stats.size, identityOf(file, stats), handle, content));
    } catch (error) {
      throw asRasterError(file, error);
    } finally {
      await handle?.close();
    }
  }

  /** For reading the file in another thread, as long as `use` lasts. */
  get descriptor(): number {
    return this.handle.fd;
  }

  /**
   * Bytes [offset, offset + length); `what` names them in the error. The result may share memory with the source: do not write to it.
   *
   * @param scratch where the bytes may be put; default: memory of their own
   */
  async read(offset: number, length: number, what: string, scratch?: Scratch): Promise<Uint8Array> {
    this.check(offset, length, what);
    if (this.content) return this.content.subarray(offset, offset + length);
    const bytes = scratch?.take(length) ?? new Uint8Array(Buffer.allocUnsafeSlow(length).buffer); // not zeroed, as it is filled
    await fill(bytes, this.file, this.handle, offset);
    return bytes;
  }

  /** Throws unless bytes [offset, offset + length) lie in the file. */
  check(offset: number, length: number, what: string): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.size) return;
    throw new RasterError(
      this.file,
      `${what} should be the ${length} bytes at offset ${offset}, but the file ends after ${this.size} bytes (truncated or damaged)`,
    );
  }
}

function identityOf(file: string, { dev, ino, size, mtimeMs, ctimeMs }: Stats): string | undefined {
  if (Date.now() - mtimeMs < settled) return undefined;
  return [dev, ino, size, mtimeMs, ctimeMs, path.resolve(file)].join(':');
}

async function fill(bytes: Uint8Array, file: string, handle: FileHandle, offset: number): Promise<void> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
    if (bytesRead === 0) throw new RasterError(file, endedEarly(offset + filled, offset + bytes.length));
    filled += bytesRead;
  }
}

/** Fills `bytes` from an open file. Throws Error where it ends before. */
export function readFullySync(descriptor: number, bytes: Uint8Array, offset: number): void {
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(descriptor, bytes, filled, bytes.length - filled, offset + filled);
    if (count === 0) throw new Error(endedEarly(offset + filled, offset + bytes.length));
    filled += count;
  }
}

const endedEarly = (found: number, expected: number): string => `ended after ${found} bytes while being read, expected ${expected}`;
