import type { PixelArray, Window } from '../planar.js';
import { newBlockCache, type BlockCache } from './block-cache.js';
import type { ByteSource } from './byte-source.js';
import type { BlockFormat } from './decode-block.js';
import { decodeThreads } from './decode-pool.js';
import { decodeHere } from './decode-here.js';
import { decodeThere } from './decode-there.js';
import { pixelArrays } from './pixel-type.js';
import { placeAlone, placeIn } from './place.js';
import { portionOfBlocks, portionsOfImage } from './portion.js';
import { copyBlock, maxRun, runsOf, touchedBlocks } from './tiff-blocks.js';
import { blockLength, expectedBytes, type TiffImage } from './tiff-image.js';

const patience = 7_000; // ms that decoding may take, besides
const slowest = 4_000; // bytes a ms at which honest files are read at least
const minRun = 128 << 10; // stored bytes that a worker takes at a time, of a window
const maxPortion = 4 << 20; // decoded bytes that a worker takes at a time, of a whole image
const runsEach = 4; // at least, for each worker, so that none waits long for the others
const decodedHere = 4 << 20; // bytes, stored and decoded together: decoding them takes 10 to 30 ms, as starting a worker does

const sharedCache = newBlockCache();

/** What a test sets otherwise. */
export interface DecodeLimits {
  readonly decodedHere?: number;
  readonly patience?: number;
  readonly cache?: BlockCache;
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
    if (key !== undefined) cache.set(`${key}:${block}`, values);
  };
  const missing = touchedBlocks(image, window).filter((block) => {
    const values = kept(block);
    if (values) copyBlock(image, block, values, window, pixels);
    return !values;
  });
  const stored = missing.reduce((sum, block) => sum + image.byteCounts[block], 0);
  const decoded = missing.reduce((sum, block) => sum + expectedBytes(image, block), 0);
  const format = blockFormat(image, littleEndian);
  const stays = image.compression === 'none' && format.bands === 1; // only copied
  const here = stays || stored + decoded <= (limits.decodedHere ?? decodedHere);
  const whole = key === undefined && height === image.height && width === image.width;

  const file = { source, image, format };
  if (here && whole) {
    const area = { top: 0, left: 0, rowStride: width, bandStride: height * width };
    await decodeHere(file, missing, (block, decode) => decode(pixels, placeIn(area, image, block)));
  } else if (here) {
    await decodeHere(file, missing, (block, decode) => {
      const found = kept(block); // by another read, meanwhile
      const values = found ?? new pixelArrays[image.dtype](blockLength(image, block));
      if (!found) decode(values, placeAlone(image, block));
      take(block, values);
    });
  } else {
    const shares = runsEach * decodeThreads();
    const portions = whole
      ? portionsOfImage(image, pixels, Math.min(maxPortion, decoded / shares))
      : runsOf(missing, image, Math.min(maxRun, Math.max(minRun, stored / shares))).map((run) => portionOfBlocks(image, run, take));
    await decodeThere(file, portions, limits.patience ?? Math.ceil(patience + Math.min(stored, source.size) / slowest)); // blocks may share bytes
  }
  return pixels;
}

function blockFormat(
  { dtype, compression, predictor, planar, bands, blockWidth, blockHeight }: TiffImage,
  littleEndian: boolean,
): BlockFormat {
  return { dtype, compression, predictor, littleEndian, bands: planar ? 1 : bands, width: blockWidth, maxRows: blockHeight };
}
