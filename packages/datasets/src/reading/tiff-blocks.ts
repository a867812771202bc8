import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import type { PixelArray, Window } from '../planar.js';
import type { ByteSource } from './byte-source.js';
import { decodeLzw } from './lzw.js';
import { decodePackBits } from './pack-bits.js';
import { pixelArrays, toHostOrder } from './pixel-type.js';
import { undoDifferencing, undoFloatPredictor } from './predictor.js';
import { RasterError } from './raster-error.js';
import { expectedBytes, storedRows, type TiffImage } from './tiff-image.js';

const inflateAsync = promisify(inflate);
const maxRun = 8 << 20; // bytes of neighbouring blocks that are read at once
const patience = 7_000; // ms that decoding may take, besides
const slowest = 4_000; // bytes a ms at which honest files are read at least
const maxGap = 64 << 10; // bytes between two blocks that are read rather than skipped

/** Decodes the pixels of a window, band by band: [C,h,w]. Only the blocks that it touches are read. */
export async function decodeWindow(source: ByteSource, image: TiffImage, littleEndian: boolean, window: Window): Promise<PixelArray> {
  const [, , height, width] = window;
  const pixels = new pixelArrays[image.dtype](image.bands * height * width);
  const blocks = touchedBlocks(image, window);
  const compressed = blocks.reduce((sum, block) => sum + image.byteCounts[block], 0);
  const deadline = performance.now() + patience + Math.min(compressed, source.size) / slowest; // blocks may share bytes
  for (const run of runsOf(blocks, image)) {
    const start = image.offsets[run[0]];
    const stop = Math.max(...run.map((block) => image.offsets[block] + image.byteCounts[block]));
    const bytes = await source.read(start, stop - start, `${image.blockKind}s ${run[0]} to ${run[run.length - 1]}`);
    for (const block of run) {
      if (performance.now() > deadline) {
        throw new RasterError(source.file, `given up: its ${compressed} bytes decode to more than could be read in ${patience / 1000} s`);
      }
      const from = image.offsets[block] - start;
      const values = await decodeBlock(source.file, image, littleEndian, block, bytes.subarray(from, from + image.byteCounts[block]));
      copyBlock(image, block, values, window, pixels);
    }
  }
  return pixels;
}

function touchedBlocks(
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

/** Cuts the blocks, in the order of the file, into runs of neighbours that are read together. */
function runsOf(blocks: number[], { offsets, byteCounts }: TiffImage): number[][] {
  const runs: number[][] = [];
  let start = 0;
  let stop = 0;
  for (const block of blocks.sort((a, b) => offsets[a] - offsets[b])) {
    const end = offsets[block] + byteCounts[block];
    if (runs.length > 0 && offsets[block] - stop <= maxGap && end - start <= maxRun) {
      runs[runs.length - 1].push(block);
      stop = Math.max(stop, end);
    } else {
      runs.push([block]);
      start = offsets[block];
      stop = end;
    }
  }
  return runs;
}

async function decodeBlock(file: string, image: TiffImage, littleEndian: boolean, block: number, data: Uint8Array): Promise<PixelArray> {
  const size = pixelArrays[image.dtype].BYTES_PER_ELEMENT;
  const stride = image.planar ? 1 : image.bands;
  const rowLength = image.blockWidth * stride;
  const expected = expectedBytes(image, block);
  const most = rowLength * image.blockHeight * size; // some writers store the last strip whole
  const fail = (problem: string, cause?: unknown): RasterError =>
    new RasterError(file, `${image.blockKind} ${block} (${image.compression}): ${problem}`, { cause });
  let bytes: Uint8Array;
  try {
    if (image.compression === 'lzw') bytes = decodeLzw(data, expected);
    else if (image.compression === 'packbits') bytes = decodePackBits(data, expected);
    else if (image.compression === 'deflate') bytes = await inflateAsync(data, { maxOutputLength: most });
    else bytes = data;
  } catch (error) {
    throw fail(`damaged data, ${error instanceof Error ? error.message : String(error)}; expected ${expected} bytes`, error);
  }
  if (bytes.length < expected) throw fail(`decodes to ${bytes.length} bytes, expected ${expected} (truncated or damaged)`);
  const fresh = image.compression !== 'none' && bytes.byteOffset % size === 0; // else unaligned, or the source's own memory
  const own = fresh ? bytes.subarray(0, expected) : bytes.slice(0, expected);
  const littleEndianValues = image.predictor === 3 ? false : littleEndian;
  const plain = image.predictor === 3 ? undoFloatPredictor(own, rowLength, stride, size) : own;
  toHostOrder(plain, size, littleEndianValues);
  const values = new pixelArrays[image.dtype](plain.buffer as ArrayBuffer, plain.byteOffset, expected / size);
  if (image.predictor === 2) undoDifferencing(values, rowLength, stride);
  return values;
}

/** Copies the part of a block that lies in the window to its place in `pixels` [C,h,w]. */
function copyBlock(image: TiffImage, block: number, values: PixelArray, [y, x, height, width]: Window, pixels: PixelArray): void {
  const { bands, planar, blockWidth, blockHeight, blocksAcross, blocksDown } = image;
  const top = (Math.floor(block / blocksAcross) % blocksDown) * blockHeight;
  const left = (block % blocksAcross) * blockWidth;
  const stride = planar ? 1 : bands;
  const firstBand = planar ? Math.floor(block / (blocksAcross * blocksDown)) : 0;
  const firstRow = Math.max(y, top);
  const lastRow = Math.min(y + height, top + storedRows(image, block), image.height);
  const firstColumn = Math.max(x, left);
  const lastColumn = Math.min(x + width, left + blockWidth, image.width);
  for (let sample = 0; sample < stride; sample++) {
    for (let row = firstRow; row < lastRow; row++) {
      const from = ((row - top) * blockWidth + firstColumn - left) * stride + sample;
      const to = ((firstBand + sample) * height + row - y) * width + firstColumn - x;
      const count = lastColumn - firstColumn;
      if (stride === 1) pixels.set(values.subarray(from, from + count), to);
      else for (let i = 0; i < count; i++) pixels[to + i] = values[from + i * stride];
    }
  }
}
