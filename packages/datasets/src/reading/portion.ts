import type { PixelArray, Window } from '../planar.js';
import { placeAlone, placeIn, type Place } from './place.js';
import { touchedBlocks } from './tiff-blocks.js';
import { blockLength, expectedBytes, type TiffImage } from './tiff-image.js';

/** Which of several arrays a block goes to, and where in it. */
export interface Target {
  readonly array: number;
  readonly place: Place;
}

/** What a worker decodes at a time: blocks, and the arrays that it puts their values into. */
export interface Portion {
  readonly blocks: readonly number[];
  readonly arrays: readonly number[]; // their lengths, in values
  readonly target: (block: number) => Target;
  /** Takes over the filled arrays, or only what is in them where another portion may use them `again`. */
  readonly take: (arrays: readonly PixelArray[]) => void;
  readonly again: boolean;
}

/** Blocks that are stored together, each in an array of its own. */
export function portionOfBlocks(image: TiffImage, blocks: readonly number[], take: (block: number, values: PixelArray) => void): Portion {
  const arrayOf = new Map(blocks.map((block, i) => [block, i]));
  return {
    blocks,
    arrays: blocks.map((block) => blockLength(image, block)),
    target: (block) => ({ array: arrayOf.get(block) as number, place: placeAlone(image, block) }),
    take: (arrays) => blocks.forEach((block, i) => take(block, arrays[i])),
    again: false,
  };
}

/**
 * A whole image as rectangles of blocks of about `bytes`. Each is put together in one array, so that few long pieces are left to be copied.
 *
 * @param pixels [C,H,W], which the portions fill when they are taken
 */
export function portionsOfImage(image: TiffImage, pixels: PixelArray, bytes: number): Portion[] {
  const { height, width, bands, planar, blocksAcross, blockHeight, blockWidth } = image;
  const fitting = Math.max(1, Math.floor(bytes / (expectedBytes(image, 0) * (planar ? bands : 1)))); // blocks of all planes
  const high = Math.max(1, Math.floor(fitting / blocksAcross)) * blockHeight;
  const wide = Math.min(blocksAcross, fitting) * blockWidth;
  const portions: Portion[] = [];
  for (let y = 0; y < height; y += high) {
    for (let x = 0; x < width; x += wide) {
      portions.push(rectangle(image, [y, x, Math.min(high, height - y), Math.min(wide, width - x)], pixels));
    }
  }
  return portions;
}

function rectangle(image: TiffImage, window: Window, pixels: PixelArray): Portion {
  const [y, x, height, width] = window;
  const rowStride = image.blockWidth === image.width ? width : wholeWords(width);
  const bandStride = wholeWords(height * rowStride);
  const blocks = touchedBlocks(image, window);
  return {
    blocks,
    arrays: [image.bands * bandStride],
    target: (block) => ({ array: 0, place: placeIn({ top: y, left: x, rowStride, bandStride }, image, block) }),
    take: ([values]) => {
      const piece = rowStride === image.width ? height : 1; // rows that follow each other, here as there
      for (let band = 0; band < image.bands; band++) {
        for (let row = 0; row < height; row += piece) {
          const from = band * bandStride + row * rowStride;
          pixels.set(values.subarray(from, from + piece * width), (band * image.height + y + row) * image.width + x);
        }
      }
    },
    again: true,
  };
}

/** Values, so that bytes that follow can be written four at a time. */
const wholeWords = (values: number): number => Math.ceil(values / 4) * 4;
