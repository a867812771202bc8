import { parentPort } from 'node:worker_threads';
import type { PixelArray } from '../planar.js';
import { decodeBlock, type BlockFormat } from './decode-block.js';

/** Blocks to decode: `bytes` holds them at `from`..`from + length`. */
export interface DecodeJob {
  readonly format: BlockFormat;
  readonly bytes: Uint8Array;
  readonly blocks: readonly { readonly from: number; readonly length: number; readonly rows: number }[];
}

/** The values of all blocks, or which block cannot be decoded and why. */
export type DecodeReply = { readonly values: PixelArray[] } | { readonly failed: number; readonly error: Error };

parentPort?.on('message', ({ format, bytes, blocks }: DecodeJob) => {
  const values: PixelArray[] = [];
  for (const [i, { from, length, rows }] of blocks.entries()) {
    try {
      values.push(decodeBlock(format, rows, bytes.subarray(from, from + length)));
    } catch (error) {
      parentPort?.postMessage({ failed: i, error: error as Error } satisfies DecodeReply);
      return;
    }
  }
  parentPort?.postMessage(
    { values } satisfies DecodeReply,
    values.map(({ buffer }) => buffer as ArrayBuffer),
  ); // moved, not copied
});
