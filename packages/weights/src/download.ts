import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { lock } from 'proper-lockfile';
import { cacheFolder } from './cache-folder.js';
import { writeAtomically } from './write-atomically.js';
import { WeightsFileError } from './weights-file.js';

export interface Progress {
  readonly received: number; // bytes on disk so far, those of an earlier attempt included
  readonly total: number | undefined; // undefined when the server does not say
}

export interface DownloadOptions {
  readonly cache?: string; // folder; default: RS_CACHE, else the XDG cache folder
  readonly sha256?: string; // of the whole file, hexadecimal; anything else is refused
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal; // stops the download; the part received is kept and goes on next time
}

/** What stands beside a cached file, or beside its unfinished part. */
interface CacheRecord {
  readonly url: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/**
 * Downloads a file over http(s) into the cache and returns its path. A broken download goes on where it stopped, if the server
 * still has the same file (ETag or date). A cached file is used as it is when its SHA-256 is the wanted one; without a wanted one
 * the server is asked whether it changed, and when the server cannot be reached the cached file is used.
 *
 * @throws WeightsFileError naming the URL: no connection, HTTP status, size or SHA-256 differ
 */
export async function download(url: URL, options: DownloadOptions = {}): Promise<string> {
  const label = url.origin + url.pathname; // without credentials and query
  const { cache = cacheFolder(), sha256 } = options;
  await mkdir(cache, { recursive: true });
  const base = path.basename(url.pathname).replace(/[^\w.-]/g, '_') || 'weights';
  const file = path.join(cache, `${createHash('sha256').update(url.href).digest('hex').slice(0, 16)}-${base}`);
  const release = await lock(file, { realpath: false, retries: { forever: true, minTimeout: 200, maxTimeout: 1000 } });
  try {
    const cached = await readRecord(file);
    if (cached && sha256 !== undefined && (await sha256OfFile(file)) === sha256.toLowerCase()) return file;
    await fetchInto({ url, label, file, cached: sha256 === undefined ? cached : undefined }, options);
    return file;
  } finally {
    await release();
  }
}

export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

interface Target {
  readonly url: URL;
  readonly label: string;
  readonly file: string;
  readonly cached: CacheRecord | undefined;
}

async function fetchInto({ url, label, file, cached }: Target, { sha256, onProgress, signal }: DownloadOptions): Promise<void> {
  const part = `${file}.part`;
  const partial = cached ? undefined : await readRecord(part);
  const validator = partial && validatorOf(partial);
  const already = validator ? (await stat(part)).size : 0;
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (cached?.etag) headers['if-none-match'] = cached.etag;
  else if (cached?.lastModified) headers['if-modified-since'] = cached.lastModified;
  if (validator && already > 0) Object.assign(headers, { range: `bytes=${already}-`, 'if-range': validator });

  const response = await fetch(url, { headers, signal }).catch((cause: Error) => {
    if (cached && !signal?.aborted) return undefined; // offline: the cached file serves
    throw new WeightsFileError(label, `cannot be fetched (${reason(cause)})`, { cause });
  });
  if (!response || (cached && response.status === 304)) return;
  if (response.status === 416 && already > 0) {
    await response.body?.cancel();
    await rm(part, { force: true }); // the part is as long as the file, or longer: it cannot be of this file
    return fetchInto({ url, label, file, cached }, { sha256, onProgress, signal });
  }
  const record = { url: url.href, etag: response.headers.get('etag'), lastModified: response.headers.get('last-modified') };
  const start = response.status === 206 ? startOf(response) : response.status === 200 ? 0 : undefined;
  if (start === undefined || !response.body) {
    await response.body?.cancel();
    throw new WeightsFileError(label, `the server answers ${response.status} ${response.statusText}`.trimEnd());
  }
  if (start !== 0 && (start !== already || (partial?.etag && record.etag !== partial.etag))) {
    await response.body.cancel();
    await rm(part, { force: true });
    throw new WeightsFileError(label, 'the server went on with another file than the part received; run it again to start afresh');
  }
  const chunks = chunksOf(response.body, signal);
  const length = response.headers.get('content-length');
  const total = length === null ? undefined : start + Number(length);
  await writeAtomically(`${part}.json`, [Buffer.from(JSON.stringify(record))]);
  const received = await append({ chunks, part, start, label, total, onProgress });
  if (total !== undefined && received !== total) {
    throw new WeightsFileError(label, `ended after ${received} of ${total} bytes; run it again to go on from there`);
  }
  const digest = await sha256OfFile(part);
  if (sha256 !== undefined && digest !== sha256.toLowerCase()) {
    await rm(part, { force: true });
    throw new WeightsFileError(label, `has the SHA-256 ${digest}, expected ${sha256}; it was not kept`);
  }
  await rename(part, file);
  await rename(`${part}.json`, `${file}.json`);
}

/**
 * The chunks of a body, the first of which is asked for at once: where the connection breaks before anybody reads, Node 22 drops what has come, and
 * where the signal is given between two reads, it never ends the second.
 */
function chunksOf(body: ReadableStream<Uint8Array>, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  const reader = body.getReader();
  let next = reader.read();
  next.catch(() => undefined); // it is told when the chunk is taken
  return (async function* () {
    try {
      for (;;) {
        const { done, value } = await next;
        if (done) return;
        yield value;
        signal?.throwIfAborted();
        next = reader.read();
      }
    } finally {
      reader.cancel().catch(() => undefined);
    }
  })();
}

interface Appending {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly part: string;
  readonly start: number;
  readonly label: string;
  readonly total: number | undefined;
  readonly onProgress: DownloadOptions['onProgress'];
}

/** Writes the body to the part from `start` on; returns the size of the part. */
async function append({ chunks, part, start, label, total, onProgress }: Appending): Promise<number> {
  const handle = await open(part, start === 0 ? 'w' : 'r+');
  let received = start;
  try {
    for await (const chunk of chunks) {
      await handle.write(chunk, 0, chunk.length, received);
      received += chunk.length;
      onProgress?.({ received, total });
    }
    return received;
  } catch (cause) {
    const problem = `broke off after ${received} of ${total ?? 'unknown'} bytes (${reason(cause)}); run it again to go on from there`;
    throw new WeightsFileError(label, problem, { cause });
  } finally {
    await handle.sync();
    await handle.close();
  }
}

/** What the server compares before it goes on: a strong ETag, else the date. */
const validatorOf = ({ etag, lastModified }: CacheRecord): string | null => (etag && !etag.startsWith('W/') ? etag : lastModified);

function startOf(response: Response): number | undefined {
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return range ? Number(range[1]) : undefined;
}

/** The record beside a file, if both are there. */
async function readRecord(file: string): Promise<CacheRecord | undefined> {
  try {
    await stat(file);
    return JSON.parse(await readFile(`${file}.json`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** fetch says "fetch failed" and keeps the reason in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || message : message;
}
