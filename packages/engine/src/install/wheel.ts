import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { InstallError } from './install-error.js';

const textLimit = 64e6; // bytes of a wheel's own lists; TensorFlow's is 3 MB
const unixLink = 0o120000;

/** A file that was taken out of a wheel, as the wheel's RECORD lists it. */
export interface ExtractedFile {
  readonly name: string; // path in the wheel
  readonly bytes: number;
  readonly sha256: string; // base64url
}

/** A wheel's entries by name. Names that would leave the target folder are refused by the zip reader. */
async function readEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
  return entries;
}

async function readText(zip: ZipFile, entries: ReadonlyMap<string, Entry>, ending: RegExp): Promise<string> {
  const entry = [...entries.values()].find(({ fileName }) => ending.test(fileName));
  if (!entry || entry.uncompressedSize > textLimit) throw new InstallError(`the wheel has no usable ${ending.source}`);
  const chunks: Buffer[] = [];
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** The hash of each file, from lines `path,sha256=HASH,size`. */
export function parseRecord(record: string): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const line of record.split('\n')) {
    const [, name, hash] = /^"?([^",]+)"?,sha256=([\w-]+)=*,\d*\s*$/.exec(line) ?? [];
    if (name && hash) hashes.set(name, hash);
  }
  return hashes;
}

/** What the wheel's extra `and-cuda` requires: lines `Requires-Dist: NAME<13.0,>=12.5; extra == "and-cuda"`. */
export function parseCudaRequirements(metadata: string): string[] {
  return [...metadata.matchAll(/^Requires-Dist: ([^;\n]+?)\s*;[^\n]*extra == ["']and-cuda["']/gm)].map(([, requirement]) => requirement);
}

/** The Python packages that hold the CUDA libraries this wheel of TensorFlow wants. */
export async function cudaRequirements(wheel: string): Promise<string[]> {
  const zip = await openPromise(wheel, { autoClose: false });
  try {
    return parseCudaRequirements(await readText(zip, await readEntries(zip), /^[^/]+\.dist-info\/METADATA$/));
  } finally {
    zip.close();
  }
}

/**
 * Takes the wanted files out of a wheel, each one checked against the hash in the wheel's RECORD.
 *
 * @param target folder that gets them, under their names in the wheel
 * @param onBytes called with the number of bytes written since the last call
 * @throws InstallError when a file does not have the content that RECORD says, or is a link
 */
export async function extractWheel(
  wheel: string,
  target: string,
  isWanted: (name: string) => boolean,
  onBytes: (bytes: number) => void,
): Promise<ExtractedFile[]> {
  const zip = await openPromise(wheel, { autoClose: false, strictFileNames: true });
  try {
    const entries = await readEntries(zip);
    const hashes = parseRecord(await readText(zip, entries, /^[^/]+\.dist-info\/RECORD$/));
    const extracted: ExtractedFile[] = [];
    for (const [name, entry] of entries) {
      if (name.endsWith('/') || !isWanted(name)) continue;
      const mode = entry.externalFileAttributes >>> 16;
      if ((mode & unixLink) === unixLink) throw new InstallError(`the wheel has a link where a file belongs: ${name}`);
      const sha256 = await extractEntry(zip, entry, join(target, name), onBytes);
      if (hashes.get(name) !== sha256) {
        throw new InstallError(`${name} in the wheel is damaged: RECORD says SHA-256 ${hashes.get(name) ?? 'nothing'}, found ${sha256}`);
      }
      if (mode & 0o100) await chmod(join(target, name), 0o755);
      extracted.push({ name, bytes: entry.uncompressedSize, sha256 });
    }
    return extracted;
  } finally {
    zip.close();
  }
}

/** @returns SHA-256 of what was written, base64url */
async function extractEntry(zip: ZipFile, entry: Entry, path: string, onBytes: (bytes: number) => void): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  await pipeline(await zip.openReadStreamPromise(entry), hashing, createWriteStream(path, { flush: true }));
  return hash.digest('base64url');
}
