import type { PixelArray, Window } from '../planar.js';
import { newBlockCache, type BlockCache } from './block-cache.js';
import type { ByteSource } from './byte-source.js';
import { decodeBlock, type BlockFormat } from './decode-block.js';
import { DeadlineError, decodeInWorker, decodeThreads } from './decode-pool.js';
import { pixelArrays } from './pixel-type.js';
import { RasterError } from './raster-error.js';
import { copyBlock, runsOf, touchedBlocks } from './tiff-blocks.js';
import { expectedBytes, storedRows, type TiffImage } from './tiff-image.js';

const patience = 7_000; // ms that decoding may take, besides
const slowest = 4_000; // bytes a ms at which honest files are read at least
const maxRun = 2 << 20; // bytes that are read at once
const minRun = 128 << 10;
const runsEach = 4; // at least, for each worker, so that none waits long for the others
const decodedHere = 4 << 20; // bytes, stored and decoded together: decoding them takes 10 to 30 ms, as starting a worker does

const sharedCache = newBlockCache();

/** What a test sets otherwise. */
export interface DecodeLimits {
  readonly decodedHere?: number;
  readonly patience?: number;
  readonly cache?: BlockCache;
}

/** Whether the values would keep much more memory alive than they take. */
const isPart = ({ buffer, byteLength }: PixelArray): boolean => buffer.byteLength > byteLength + 64;

interface WindowRead {
  readonly source: ByteSource;
  readonly image: TiffImage;
  readonly format: BlockFormat;
  readonly missing: readonly number[]; // blocks
  readonly kept: (block: number) => PixelArray | undefined;
  readonly take: (block: number, values: PixelArray) => void;
}

/**
 * Decodes the pixels of a window, band by band: [C,h,w]. Only the blocks that it touches are read. A few blocks, and those that are
 * only copied, are decoded here; many go to worker threads, which leave this one free and are ended at a deadline.
 *
 * @param key tells the image from all others in the cache of decoded blocks; undefined: its blocks are not kept
 */
export async function decodeWindow(
  source: ByteSource,
  image: TiffImage,
  littleEndian: boolean,
  window: Window,
  key: string | undefined,
  limits: DecodeLimits = {},
): Promise<PixelArray> {
  const [, , height, width] = window;
  const cache = limits.cache ?? sharedCache;
  const pixels = new pixelArrays[image.dtype](image.bands * height * width);
  const kept = (block: number): PixelArray | undefined => (key === undefined ? undefined : cache.get(`${key}:${block}`));
  const take = (block: number, values: PixelArray): void => {
    copyBlock(image, block, values, window, pixels);
    if (key !== undefined) cache.set(`${key}:${block}`, isPart(values) ? values.slice() : values);
  };
  const missing = touchedBlocks(image, window).filter((block) => {
    const values = kept(block);
    if (values) copyBlock(image, block, values, window, pixels);
    return !values;
  });
  const stored = missing.reduce((sum, block) => sum + image.byteCounts[block], 0);
  const decoded = missing.reduce((sum, block) => sum + expectedBytes(image, block), 0);
  const format = blockFormat(image, littleEndian);
  const read = { source, image, format, missing, kept, take };
  const stays = image.compression === 'none' && format.bands === 1; // only copied
  if (stays || stored + decoded <= (limits.decodedHere ?? decodedHere)) await decodeHere(read);
  else await decodeThere(read, stored, limits.patience ?? Math.ceil(patience + Math.min(stored, source.size) / slowest)); // blocks may share bytes
  return pixels;
}

async function decodeHere({ source, image, format, missing, kept, take }: WindowRead): Promise<void> {
  for (const run of runsOf(missing, image, maxRun)) {
    const { bytes, from } = await readRun(source, image, run);
    for (const [i, block] of run.entries()) {
      const values = kept(block); // by another read, meanwhile
      try {
        take(block, values ?? decodeBlock(format, storedRows(image, block), bytes.subarray(from[i], from[i] + image.byteCounts[block])));
      } catch (error) {
        throw blockError(source, image, block, error as Error);
      }
    }
  }
}

/** Several lanes take one run after the other: as many as there are workers decode, one more reads. */
async function decodeThere({ source, image, format, missing, take }: WindowRead, stored: number, allowed: number): Promise<void> {
  const threads = decodeThreads();
  const runs = runsOf(missing, image, Math.min(maxRun, Math.max(minRun, stored / (runsEach * threads)))).values();
  const deadline = performance.now() + allowed;
  let failed = false;
  const lane = async (): Promise<void> => {
    try {
      for (const run of runs) {
        if (failed) return;
        const { bytes, from } = await readRun(source, image, run);
        const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
        const blocks = run.map((block, i) => ({ from: from[i], length: image.byteCounts[block], rows: storedRows(image, block) }));
        const reply = await decodeInWorker({ format, bytes: own, blocks }, deadline);
        if ('failed' in reply) throw blockError(source, image, run[reply.failed], reply.error);
        run.forEach((block, i) => take(block, reply.values[i]));
      }
    } catch (error) {
      failed = true;
      if (!(error instanceof DeadlineError)) throw error;
      throw new RasterError(source.file, `given up: its pixels were not decoded within ${allowed} ms, much longer than its size explains`);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: threads + 1 }, lane)); // all have ended before the file is closed
  for (const result of lanes) if (result.status === 'rejected') throw result.reason;
}

/** The bytes of a run, and where each of its blocks starts in them. */
async function readRun(source: ByteSource, image: TiffImage, run: readonly number[]): Promise<{ bytes: Uint8Array; from: number[] }> {
  const start = image.offsets[run[0]];
  const stop = run.reduce((most, block) => Math.max(most, image.offsets[block] + image.byteCounts[block]), start);
  const bytes = await source.read(start, stop - start, `${image.blockKind}s ${run[0]} to ${run[run.length - 1]}`);
  return { bytes, from: run.map((block) => image.offsets[block] - start) };
}

const blockError = ({ file }: ByteSource, { blockKind, compression }: TiffImage, block: number, { message, cause }: Error): RasterError =>
  new RasterError(file, `${blockKind} ${block} (${compression}): ${message}`, { cause });

function blockFormat(
  { dtype, compression, predictor, planar, bands, blockWidth, blockHeight }: TiffImage,
  littleEndian: boolean,
): BlockFormat {
  return { dtype, compression, predictor, littleEndian, bands: planar ? 1 : bands, width: blockWidth, maxRows: blockHeight };
}
