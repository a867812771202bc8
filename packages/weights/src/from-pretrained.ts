import { fileURLToPath } from 'node:url';
import { readCheckpoint } from './checkpoint.js';
import { download, sha256OfFile, type DownloadOptions } from './download.js';
import type { HostTensor } from './host-tensor.js';
import { naming, WeightsFileError } from './weights-file.js';

/**
 * Reads the weights at a path, a file: URL or an http(s) URL; the last are kept in a cache and resumed when broken off.
 *
 * @throws WeightsFileError naming the file or URL and what is wrong with it
 */
export async function fromPretrained(urlOrPath: string | URL, options: DownloadOptions = {}): Promise<Map<string, HostTensor>> {
  return readCheckpoint(await locateWeights(urlOrPath, options));
}

/** The local path of weights, after a download where needed, with the SHA-256 checked where one is given. */
export async function locateWeights(urlOrPath: string | URL, options: DownloadOptions = {}): Promise<string> {
  const { sha256 } = options;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw new TypeError(`sha256 must have 64 hexadecimal digits, got ${sha256}`);
  const url = urlOrPath instanceof URL ? urlOrPath : /^[a-z][a-z0-9+.-]+:/i.test(urlOrPath) ? parseUrl(urlOrPath) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return download(url, options);
  if (url && url.protocol !== 'file:') throw new WeightsFileError(url.href, `weights come from http(s) or file URLs, not ${url.protocol}`);
  const file = url ? fileURLToPath(url) : String(urlOrPath);
  const digest = sha256 === undefined ? undefined : await naming(file, () => sha256OfFile(file));
  if (digest !== sha256?.toLowerCase()) throw new WeightsFileError(file, `has the SHA-256 ${digest}, expected ${sha256}`);
  return file;
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw new WeightsFileError(text, 'is not a URL', { cause });
  }
}
