import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromPretrained, readSafetensors, WeightsFileError, writeSafetensors, type Progress } from '../src/index.js';
import { cacheFolder } from '../src/cache-folder.js';

/** A server of one file that can break off, change the file, or ignore ranges. */
class WeightsServer {
  readonly requests: { range?: string; ifRange?: string; ifNoneMatch?: string; status: number }[] = [];
  content: Buffer = Buffer.alloc(0);
  etag: string | undefined = '"1"';
  breakAfter = Infinity; // bytes sent before the connection is cut
  ranges = true;
  status = 200;
  private readonly server: Server = createServer((request, response) => this.answer(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/models/net.safetensors`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer({ headers }: IncomingMessage, response: ServerResponse): void {
    const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = headers;
    const from = this.ranges && range && (!ifRange || ifRange === this.etag) ? Number(/\d+/.exec(range)?.[0]) : 0;
    const { length } = this.content;
    const status =
      this.status !== 200 ? this.status : ifNoneMatch && ifNoneMatch === this.etag ? 304 : from >= length ? 416 : from > 0 ? 206 : 200;
    this.requests.push({ range, ifRange: ifRange as string | undefined, ifNoneMatch, status });
    if (this.etag) response.setHeader('etag', this.etag);
    if (status !== 200 && status !== 206) return void response.writeHead(status).end();
    if (status === 206) response.setHeader('content-range', `bytes ${from}-${length - 1}/${length}`);
    response.writeHead(status, { 'content-length': length - from });
    const body = this.content.subarray(from);
    if (body.length <= this.breakAfter) return void response.end(body);
    response.write(body.subarray(0, this.breakAfter), () => response.destroy());
  }
}

let folder: string;
let cache: string;
let server: WeightsServer;
let url: string;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
async function weightsOf(value: number): Promise<Buffer> {
  const file = path.join(folder, 'made.safetensors');
  await writeSafetensors(file, new Map([['w', { shape: [50_000], data: new Float32Array(50_000).fill(value) }]]));
  return readFile(file);
}
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'weights-'));
  cache = path.join(folder, 'cache');
  server = new WeightsServer();
  url = await server.listen();
  server.content = await weightsOf(1);
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

test('downloads once, then asks whether the file changed, and takes the new one if so', async () => {
  const seen: Progress[] = [];
  const want = await readSafetensors(server.content);
  expect(await fromPretrained(url, { cache, onProgress: (progress) => seen.push(progress) })).toEqual(want);
  expect(seen.at(-1)).toEqual({ received: server.content.length, total: server.content.length });
  expect(await fromPretrained(url, { cache })).toEqual(want);
  server.content = await weightsOf(2);
  server.etag = '"2"';
  expect((await fromPretrained(url, { cache })).get('w')?.data[0]).toBe(2);
  expect(server.requests.map(({ status }) => status)).toEqual([200, 304, 200]);
});

test('a wanted SHA-256 needs no server once the file is there', async () => {
  const options = { cache, sha256: sha256(server.content).toUpperCase() };
  const first = await fromPretrained(url, options);
  await server.close();
  expect(await fromPretrained(url, options)).toEqual(first);
  expect(await fromPretrained(url, { cache })).toEqual(first); // offline, without one: the cached file
  await expect(fromPretrained(`${url}2`, { cache })).rejects.toThrow(/^http:\/\/127.*net.safetensors2: cannot be fetched \(/);
});

test('goes on where it broke off, if the file is still the same', async () => {
  server.breakAfter = 100_000;
  await expect(fromPretrained(url, { cache })).rejects.toThrow(/broke off after \d+ of 200\d\d\d bytes .* run it again/);
  server.breakAfter = Infinity;
  const seen: Progress[] = [];
  expect(await fromPretrained(url, { cache, onProgress: (progress) => seen.push(progress) })).toEqual(
    await readSafetensors(server.content),
  );
  expect(server.requests[1]).toMatchObject({ ifRange: '"1"', status: 206 });
  expect(server.requests[1].range).toMatch(/^bytes=[1-9]\d*-$/);
  expect(seen[0].received).toBeGreaterThan(Number(/\d+/.exec(server.requests[1].range ?? '')?.[0]));
  expect((await readdir(cache)).filter((name) => name.includes('.part'))).toEqual([]);
});

test('starts afresh when the file changed in between, or the server knows no ranges', async () => {
  server.breakAfter = 100_000;
  await expect(fromPretrained(url, { cache })).rejects.toThrow('broke off');
  server.breakAfter = Infinity;
  server.content = await weightsOf(2);
  server.etag = '"2"';
  expect((await fromPretrained(url, { cache })).get('w')?.data).toEqual(new Float32Array(50_000).fill(2));
  server.breakAfter = 100_000;
  await expect(fromPretrained(`${url}?3`, { cache })).rejects.toThrow('broke off');
  Object.assign(server, { breakAfter: Infinity, ranges: false });
  expect(await fromPretrained(`${url}?3`, { cache })).toEqual(await readSafetensors(server.content));
});

test('a part without a validator is not trusted', async () => {
  Object.assign(server, { breakAfter: 100_000, etag: undefined });
  await expect(fromPretrained(url, { cache })).rejects.toThrow('broke off');
  server.breakAfter = Infinity;
  await fromPretrained(url, { cache });
  expect(server.requests[1]).toMatchObject({ range: undefined, status: 200 });
});

test('a part as long as the file is dropped', async () => {
  server.breakAfter = 100_000;
  await expect(fromPretrained(url, { cache })).rejects.toThrow('broke off');
  Object.assign(server, { breakAfter: Infinity, content: server.content.subarray(0, 1000) });
  await expect(fromPretrained(url, { cache })).rejects.toThrow(WeightsFileError); // the file itself is cut, and says so
  expect(server.requests.map(({ status }) => status)).toEqual([200, 416, 200]);
});

test('keeps nothing of another SHA-256', async () => {
  await expect(fromPretrained(url, { cache, sha256: '0'.repeat(64) })).rejects.toThrow(
    /has the SHA-256 [0-9a-f]{64}, expected 0{64}; it was not kept/,
  );
  expect((await readdir(cache)).filter((name) => name.endsWith('.safetensors') || name.endsWith('.part'))).toEqual([]);
  await expect(fromPretrained(url, { cache, sha256: 'abc' })).rejects.toThrow('sha256 must have 64 hexadecimal digits, got abc');
});

test('says what the server answered', async () => {
  server.status = 404;
  await expect(fromPretrained(url, { cache })).rejects.toThrow(`${url}: the server answers 404 Not Found`);
  await expect(fromPretrained('ftp://127.0.0.1/w', { cache })).rejects.toThrow('weights come from http(s) or file URLs, not ftp:');
});

test('two at once download once', async () => {
  const options = { cache, sha256: sha256(server.content) };
  const [a, b] = await Promise.all([fromPretrained(url, options), fromPretrained(url, options)]);
  expect(a).toEqual(b);
  expect(server.requests.length).toBe(1);
});

test('an aborted download keeps its part', async () => {
  const abort = new AbortController();
  const aborted = fromPretrained(url, { cache, signal: abort.signal, onProgress: () => abort.abort() });
  await expect(aborted).rejects.toThrow(/broke off after/);
  expect((await readdir(cache)).some((name) => name.endsWith('.part'))).toBe(true);
});

test('reads paths and file: URLs in place, and checks their SHA-256 too', async () => {
  const file = path.join(folder, 'local.safetensors');
  await writeFile(file, server.content);
  const want = await readSafetensors(server.content);
  expect(await fromPretrained(file, { sha256: sha256(server.content) })).toEqual(want);
  expect(await fromPretrained(pathToFileURL(file))).toEqual(want);
  expect(await fromPretrained(pathToFileURL(file).href)).toEqual(want);
  await expect(fromPretrained(file, { sha256: '0'.repeat(64) })).rejects.toThrow(`${file}: has the SHA-256`);
});

test('caches where RS_CACHE says, else in the XDG folder', () => {
  expect(cacheFolder({ RS_CACHE: '/a' })).toBe(path.join('/a', 'weights'));
  expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe(path.join('/b', 'rs', 'weights'));
  expect(cacheFolder({})).toMatch(/\.cache.rs.weights$/);
});
