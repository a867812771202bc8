import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** What was written: its size, and the SHA-256 of its bytes in hexadecimal. */
export interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes a file that is, after a crash at any moment, either the old one or the new one, whole: a temporary file beside it,
 * fsync, rename, fsync of the folder.
 */
export async function writeAtomically(file: string, chunks: Iterable<Uint8Array>): Promise<Written> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${randomUUID()}.tmp`);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (const chunk of chunks) {
        hash.update(chunk);
        for (let done = 0; done < chunk.length;) {
          done += (await handle.write(chunk, done, Math.min(chunk.length - done, 2 ** 30))).bytesWritten;
        }
        bytes += chunk.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
  return { bytes, sha256: hash.digest('hex') };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined); // Windows opens no folder, and needs no fsync of one
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}
