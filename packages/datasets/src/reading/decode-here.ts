import type { PixelArray } from '../planar.js';
import { decodeBlock } from './decode-block.js';
import type { Place } from './place.js';
import { Scratch } from './scratch.js';
import { blockError, type StoredImage } from './stored-image.js';
import { maxRun, runsOf, stretchOf } from './tiff-blocks.js';
import { storedRows } from './tiff-image.js';

/**
 * Reads and decodes blocks in this thread.
 *
 * @param each is called with every block and the function that decodes it to where it is told
 */
export async function decodeHere(
  stored: StoredImage,
  blocks: readonly number[],
  each: (block: number, decode: (pixels: PixelArray, place: Place) => void) => void,
): Promise<void> {
  const { source, image, format } = stored;
  const scratch = new Scratch();
  for (const run of runsOf(blocks, image, maxRun)) {
    const { offset, length } = stretchOf(run, image);
    const bytes = await source.read(offset, length, `${image.blockKind}s ${run[0]} to ${run[run.length - 1]}`, scratch);
    for (const block of run) {
      const from = image.offsets[block] - offset;
      try {
        each(block, (pixels, place) =>
          decodeBlock(format, storedRows(image, block), bytes.subarray(from, from + image.byteCounts[block]), pixels, place),
        );
      } catch (error) {
        throw blockError(stored, block, error as Error);
      }
    }
  }
}
