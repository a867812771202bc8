import { storedRows, type TiffImage } from './tiff-image.js';

/** Where the values of a block go in an array of planes, in values. */
export interface Place {
  readonly at: number; // of the first value of the first band
  readonly rowStride: number;
  readonly bandStride: number;
  readonly rows: number; // that are wanted of the block
  readonly columns: number;
}

/** A part of an image, held as planes in an array. */
export interface Area {
  readonly top: number;
  readonly left: number;
  readonly rowStride: number;
  readonly bandStride: number;
}

/** Alone in an array: [bands,rows,width]. */
export function placeAlone(image: TiffImage, block: number): Place {
  const [rows, width] = [storedRows(image, block), image.blockWidth];
  return { at: 0, rowStride: width, bandStride: rows * width, rows, columns: width };
}

/** In an area that holds the start of the block; what of the block lies outside of the image is left out. */
export function placeIn({ top, left, rowStride, bandStride }: Area, image: TiffImage, block: number): Place {
  const { planar, blockWidth, blockHeight, blocksAcross, blocksDown } = image;
  const y = (Math.floor(block / blocksAcross) % blocksDown) * blockHeight;
  const x = (block % blocksAcross) * blockWidth;
  const firstBand = planar ? Math.floor(block / (blocksAcross * blocksDown)) : 0;
  return {
    at: firstBand * bandStride + (y - top) * rowStride + x - left,
    rowStride,
    bandStride,
    rows: Math.min(storedRows(image, block), image.height - y),
    columns: Math.min(blockWidth, image.width - x),
  };
}
