import { decodeInWorker, DeadlineError, decodeThreads } from './decode-pool.js';
import type { DecodeJob } from './decode-worker.js';
import type { Portion } from './portion.js';
import { asRasterError, RasterError } from './raster-error.js';
import { blockError, type StoredImage } from './stored-image.js';
import { maxRun, runsOf, stretchOf } from './tiff-blocks.js';
import { storedRows } from './tiff-image.js';

/**
 * Has workers read and decode portions of an image, and takes them in any order. Several lanes take one portion after the other: one lane a
 * worker, and one whose portion waits, so that no worker does.
 *
 * @param allowed ms, after which it is given up
 */
export async function decodeThere(stored: StoredImage, portions: readonly Portion[], allowed: number): Promise<void> {
  const { file } = stored.source;
  const waiting = portions.values();
  const deadline = performance.now() + allowed;
  let failed = false;
  const lane = async (): Promise<void> => {
    let spare: ArrayBuffer | undefined; // memory goes to and fro, as new memory costs more than what is done with it
    try {
      for (const portion of waiting) {
        if (failed) return;
        const reply = await decodeInWorker(jobOf(stored, portion, spare), deadline);
        if ('error' in reply)
          throw reply.block === undefined ? asRasterError(file, reply.error) : blockError(stored, reply.block, reply.error);
        portion.take(reply.arrays);
        spare = portion.again ? (reply.arrays[0].buffer as ArrayBuffer) : undefined;
      }
    } catch (error) {
      failed = true;
      if (!(error instanceof DeadlineError)) throw error;
      throw new RasterError(file, `given up: its pixels were not decoded within ${allowed} ms, much longer than its size explains`);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: decodeThreads() + 1 }, lane)); // all have ended before the file is closed
  for (const result of lanes) if (result.status === 'rejected') throw result.reason;
}

function jobOf({ source, image, format }: StoredImage, { blocks, arrays, target }: Portion, spare: ArrayBuffer | undefined): DecodeJob {
  const runs = runsOf(blocks, image, maxRun).map((run) => {
    const { offset, length } = stretchOf(run, image);
    const stored = run.map((block) => ({
      block,
      from: image.offsets[block] - offset,
      length: image.byteCounts[block],
      rows: storedRows(image, block),
      target: target(block),
    }));
    return { offset, length, blocks: stored };
  });
  return { descriptor: source.descriptor, format, runs, arrays, spare };
}
