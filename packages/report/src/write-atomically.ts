import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes a file beside its place and renames it, both on disk before the next step: after a crash the file is the old one or the
 * new one. Missing folders are made.
 */
export async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${process.pid}.${Date.now()}.tmp`);
  await mkdir(folder, { recursive: true });
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new Error(`${file}: cannot be written`, { cause });
  }
  if (process.platform !== 'win32') {
    const directory = await open(folder, 'r');
    await directory.sync().finally(() => directory.close());
  }
}
