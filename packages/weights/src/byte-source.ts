import { open, type FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { naming, WeightsFileError } from './weights-file.js';

/** A path, a file: URL, or the bytes of a file. */
export type WeightsSource = string | URL | Uint8Array;

/** Ranged reads of a file or of bytes. Every range is checked against the size before memory is taken. */
export class ByteSource {
  private constructor(
    readonly label: string, // the name in messages
    readonly size: number,
    readonly content: FileHandle | Uint8Array,
  ) {}

  static async open(source: WeightsSource): Promise<ByteSource> {
    if (source instanceof Uint8Array) return new ByteSource('<bytes>', source.length, source);
    const file = source instanceof URL || source.startsWith('file:') ? fileURLToPath(source) : source;
    return naming(file, async () => {
      const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
        throw new WeightsFileError(file, error.code === 'ENOENT' ? 'no such file' : `cannot be opened (${error.code})`, { cause: error });
      });
      const stat = await handle.stat();
      if (stat.isFile()) return new ByteSource(file, stat.size, handle);
      await handle.close();
      throw new WeightsFileError(file, 'is not a file');
    });
  }

  /** A copy of `length` bytes from `offset`, in a buffer of its own. */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset < 0 || length < 0 || !Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset + length > this.size) {
      throw this.error(`bytes ${offset} to ${offset + length} lie outside the file, which has ${this.size} bytes`);
    }
    if (this.content instanceof Uint8Array) return new Uint8Array(this.content.subarray(offset, offset + length));
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.content.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done);
      if (bytesRead === 0) throw this.error(`ends after ${offset + done} bytes; it had ${this.size} when it was opened`);
      done += bytesRead;
    }
    return bytes;
  }

  error(problem: string): WeightsFileError {
    return new WeightsFileError(this.label, problem);
  }

  async close(): Promise<void> {
    if (!(this.content instanceof Uint8Array)) await this.content.close();
  }
}
