import type { ByteSource } from './byte-source.js';
import type { BlockFormat } from './decode-block.js';
import { RasterError } from './raster-error.js';
import type { TiffImage } from './tiff-image.js';

/** One image of an open file. */
export interface StoredImage {
  readonly source: ByteSource;
  readonly image: TiffImage;
  readonly format: BlockFormat;
}

/** What is wrong with a block, by the names of the file and the block. */
export function blockError({ source, image }: StoredImage, block: number, { message, cause }: Error): RasterError {
  return new RasterError(source.file, `${image.blockKind} ${block} (${image.compression}): ${message}`, { cause });
}
