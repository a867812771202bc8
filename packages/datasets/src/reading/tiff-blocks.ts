import type { PixelArray, Window } from '../planar.js';
import { expectedBytes, storedRows, type TiffImage } from './tiff-image.js';

/** Bytes that are read in one go. */
export const maxRun = 2 << 20;

const maxGap = 64 << 10; // bytes between two blocks that are read rather than skipped

/** The blocks that a window touches. */
export function touchedBlocks(
  { blockWidth, blockHeight, blocksAcross, blocksDown, planar, bands }: TiffImage,
  [y, x, height, width]: Window,
): number[] {
  const blocks: number[] = [];
  for (let plane = 0; plane < (planar ? bands : 1); plane++) {
    for (let row = Math.floor(y / blockHeight); row <= Math.floor((y + height - 1) / blockHeight); row++) {
      for (let column = Math.floor(x / blockWidth); column <= Math.floor((x + width - 1) / blockWidth); column++) {
        blocks.push((plane * blocksDown + row) * blocksAcross + column);
      }
    }
  }
  return blocks;
}

/** Cuts the blocks, in the order of the file, into runs of neighbours that are read together: of `maxRun` bytes, four times as many decoded. */
export function runsOf(blocks: readonly number[], image: TiffImage, maxRun: number): number[][] {
  const { offsets, byteCounts } = image;
  const runs: number[][] = [];
  let start = 0;
  let stop = 0;
  let decoded = 0;
  for (const block of blocks.toSorted((a, b) => offsets[a] - offsets[b])) {
    const end = offsets[block] + byteCounts[block];
    decoded += expectedBytes(image, block);
    if (runs.length > 0 && offsets[block] - stop <= maxGap && end - start <= maxRun && decoded <= 4 * maxRun) {
      runs[runs.length - 1].push(block);
      stop = Math.max(stop, end);
    } else {
      runs.push([block]);
      start = offsets[block];
      stop = end;
      decoded = expectedBytes(image, block);
    }
  }
  return runs;
}

/** Where the bytes of a run lie in the file. */
export function stretchOf(run: readonly number[], { offsets, byteCounts }: TiffImage): { offset: number; length: number } {
  const offset = offsets[run[0]];
  return { offset, length: run.reduce((most, block) => Math.max(most, offsets[block] + byteCounts[block]), offset) - offset };
}

/** Copies the part of a block [bands,rows,width] that lies in the window to its place in `pixels` [C,h,w]. */
export function copyBlock(image: TiffImage, block: number, values: PixelArray, [y, x, height, width]: Window, pixels: PixelArray): void {
  const { bands, planar, blockWidth, blockHeight, blocksAcross, blocksDown } = image;
  const rows = storedRows(image, block);
  const top = (Math.floor(block / blocksAcross) % blocksDown) * blockHeight;
  const left = (block % blocksAcross) * blockWidth;
  const firstBand = planar ? Math.floor(block / (blocksAcross * blocksDown)) : 0;
  const firstRow = Math.max(y, top);
  const lastRow = Math.min(y + height, top + rows, image.height);
  const firstColumn = Math.max(x, left);
  const count = Math.min(x + width, left + blockWidth, image.width) - firstColumn;
  const whole = count === blockWidth && count === width; // the rows follow each other, here as there
  for (let band = 0; band < (planar ? 1 : bands); band++) {
    for (let row = firstRow; row < lastRow; row += whole ? lastRow - firstRow : 1) {
      const from = (band * rows + row - top) * blockWidth + firstColumn - left;
      const to = ((firstBand + band) * height + row - y) * width + firstColumn - x;
      pixels.set(values.subarray(from, from + (whole ? count * (lastRow - firstRow) : count)), to);
    }
  }
}
