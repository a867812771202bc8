import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomically } from '@rs/weights';
import { fromStoredJson, toStoredJson } from './stored-json.js';

/** What `file` holds from an earlier call, else what `measure` gives, which it then holds: plain JSON values, NaN and infinities. */
export async function keptFigures<T>(file: string, measure: () => T | Promise<T>): Promise<T> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return fromStoredJson(known) as T;
  const measured = await measure();
  await mkdir(path.dirname(file), { recursive: true });
  await writeAtomically(file, [Buffer.from(`${toStoredJson(measured)}\n`)]);
  return measured;
}
