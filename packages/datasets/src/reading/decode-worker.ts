import { parentPort } from 'node:worker_threads';
import type { PixelArray } from '../planar.js';
import { readFullySync } from './byte-source.js';
import { decodeBlock, type BlockFormat } from './decode-block.js';
import { pixelArrays } from './pixel-type.js';
import type { Target } from './portion.js';
import { Scratch } from './scratch.js';

/** Blocks to read and to decode into arrays. */
export interface DecodeJob {
  readonly descriptor: number; // of the file; it is open until the reply is there
  readonly format: BlockFormat;
  readonly runs: readonly { readonly offset: number; readonly length: number; readonly blocks: readonly StoredBlock[] }[];
  readonly arrays: readonly number[]; // their lengths, in values
  readonly spare: ArrayBuffer | undefined; // memory for the first array, where it is large enough
}

interface StoredBlock {
  readonly block: number;
  readonly from: number; // in the bytes of its run
  readonly length: number;
  readonly rows: number;
  readonly target: Target;
}

/** The filled arrays, or why the file cannot be read or the `block` not be decoded. */
export type DecodeReply = { readonly arrays: PixelArray[] } | { readonly error: Error; readonly block: number | undefined };

const scratch = new Scratch();

parentPort?.on('message', ({ descriptor, format, runs, arrays: lengths, spare }: DecodeJob) => {
  const type = pixelArrays[format.dtype];
  const arrays = lengths.map((length, i) =>
    i === 0 && spare && spare.byteLength >= length * type.BYTES_PER_ELEMENT ? new type(spare, 0, length) : new type(length),
  );
  let current: number | undefined;
  try {
    for (const { offset, length: runLength, blocks } of runs) {
      current = undefined;
      const bytes = scratch.take(runLength);
      readFullySync(descriptor, bytes, offset);
      for (const { block, from, length, rows, target } of blocks) {
        current = block;
        decodeBlock(format, rows, bytes.subarray(from, from + length), arrays[target.array], target.place);
      }
    }
  } catch (error) {
    parentPort?.postMessage({ error: error as Error, block: current } satisfies DecodeReply);
    return;
  }
  parentPort?.postMessage(
    { arrays } satisfies DecodeReply,
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  ); // moved, not copied
});
