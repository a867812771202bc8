import type { ByteSource } from './byte-source.js';
import { pixelArrays, pixelTypeOf, type PixelType } from './pixel-type.js';
import type { TiffDirectory } from './tiff-directory.js';

const tags = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  fillOrder: 266,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  sampleFormat: 339,
} as const;

export type Compression = 'none' | 'lzw' | 'deflate' | 'packbits';

/** By TIFF's number; `ratio` is more than the largest expansion that the method can reach (LZW: strings of 3838 bytes by codes of 12 bits), so a header that claims more lies. */
const compressions: Readonly<Record<number, { readonly name: Compression; readonly ratio: number }>> = {
  1: { name: 'none', ratio: 1 },
  5: { name: 'lzw', ratio: 2600 },
  8: { name: 'deflate', ratio: 1100 },
  32773: { name: 'packbits', ratio: 64 },
  32946: { name: 'deflate', ratio: 1100 },
};

const maxRatio = 10_000; // decoded image : file; blocks may share bytes, so the blocks' own ratios do not bound it
const maxSide = 2 ** 31 - 1;
const maxBlocks = 2 ** 24;
const maxBlockBytes = 2 ** 29; // decoded, since a block is decoded in one go
const cutBytes = 256 << 10; // of the parts that a single uncompressed strip is cut into

/** How the pixels of one TIFF image are laid out; every number has been checked against the others and the file's size. */
export interface TiffImage {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly dtype: PixelType;
  readonly compression: Compression;
  readonly predictor: 1 | 2 | 3;
  readonly planar: boolean; // one band after the other (true) or bands interleaved in each pixel
  readonly blockKind: 'strip' | 'tile';
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly blocksAcross: number;
  readonly blocksDown: number;
  readonly offsets: readonly number[]; // of each block, row by row; band by band where planar
  readonly byteCounts: readonly number[];
}

/** Reads and checks the layout of one image before any pixel is decoded. Throws `RasterError`. */
export async function readTiffImage(source: ByteSource, directory: TiffDirectory): Promise<TiffImage> {
  const { width, height } = await readTiffSize(directory);
  const bands = await directory.number(tags.samplesPerPixel, 1);
  if (!Number.isInteger(bands) || bands < 1) throw directory.error(`${bands} samples per pixel, expected at least 1`);
  const dtype = await readPixelType(directory, bands);
  const method = await directory.number(tags.compression, 1);
  if (!Object.hasOwn(compressions, method)) {
    throw directory.error(`compression ${method} is not supported; expected none (1), LZW (5), deflate (8, 32946) or PackBits (32773)`);
  }
  const { name: compression, ratio } = compressions[method];
  const fillOrder = await directory.number(tags.fillOrder, 1);
  if (fillOrder !== 1) throw directory.error(`fill order ${fillOrder} is not supported, expected 1`);
  const predictor = await directory.number(tags.predictor, 1);
  const floating = dtype.startsWith('float');
  if (predictor !== 1 && predictor !== (floating ? 3 : 2)) {
    throw directory.error(`predictor ${predictor} is not defined for ${dtype} pixels, expected 1 or ${floating ? 3 : 2}`);
  }
  const configuration = await directory.number(tags.planarConfiguration, 1);
  if (configuration !== 1 && configuration !== 2) throw directory.error(`planar configuration ${configuration}, expected 1 or 2`);
  const planar = configuration === 2 && bands > 1;

  const blockKind = directory.has(tags.tileWidth) ? 'tile' : 'strip';
  const blockWidth = blockKind === 'tile' ? await directory.number(tags.tileWidth) : width;
  const blockHeight =
    blockKind === 'tile' ? await directory.number(tags.tileHeight) : Math.min(await directory.number(tags.rowsPerStrip, height), height);
  if (![blockWidth, blockHeight].every((side) => Number.isInteger(side) && side > 0 && side <= maxSide)) {
    throw directory.error(`${blockKind}s of ${blockWidth} x ${blockHeight} pixels`);
  }
  const blocksAcross = Math.ceil(width / blockWidth);
  const blocksDown = Math.ceil(height / blockHeight);
  const blocks = blocksAcross * blocksDown * (planar ? bands : 1);
  const [offsetTag, countTag] = blockKind === 'tile' ? [tags.tileOffsets, tags.tileByteCounts] : [tags.stripOffsets, tags.stripByteCounts];
  for (const tag of [offsetTag, countTag]) {
    if (directory.count(tag) !== blocks || blocks > maxBlocks) {
      throw directory.error(
        `${width} x ${height} pixels in ${blockKind}s of ${blockWidth} x ${blockHeight} need ${blocks} ${blockKind}s (at most ${maxBlocks}), tag ${tag} lists ${directory.count(tag)}`,
      );
    }
  }
  const size = pixelArrays[dtype].BYTES_PER_ELEMENT;
  const decoded = width * height * bands * size;
  if (decoded > maxRatio * source.size) {
    throw directory.error(
      `${width} x ${height} x ${bands} ${dtype} pixels are ${decoded} bytes, too large: more than ${maxRatio} times the file's ${source.size}`,
    );
  }
  const offsets = (await directory.numbers(offsetTag, blocks)) as number[];
  const byteCounts = (await directory.numbers(countTag, blocks)) as number[];
  const image: TiffImage = {
    width, height, bands, dtype, compression, predictor, planar, blockKind, blockWidth, blockHeight, blocksAcross, blocksDown, offsets, byteCounts,
  }; // prettier-ignore
  for (let block = 0; block < blocks; block++) {
    const expected = expectedBytes(image, block);
    source.check(offsets[block], byteCounts[block], `${blockKind} ${block} of TIFF image ${directory.index}`);
    if (expected > maxBlockBytes) throw directory.error(`${blockKind} ${block} decodes to ${expected} bytes, more than ${maxBlockBytes}`);
    if (expected > ratio * byteCounts[block]) {
      throw directory.error(
        `${blockKind} ${block} has ${byteCounts[block]} bytes, too few for the ${expected} that its ${dtype} pixels take (compression: ${compression})`,
      );
    }
  }
  return cutStrip(image);
}

/** One uncompressed strip, which may be the whole image, as strips of few rows: a window then reads the rows that it needs. */
function cutStrip(image: TiffImage): TiffImage {
  const { compression, blockKind, blocksDown, offsets, height } = image;
  if (compression !== 'none' || blockKind === 'tile' || blocksDown > 1) return image;
  const rowBytes = expectedBytes(image, 0) / height;
  const blockHeight = Math.max(1, Math.floor(cutBytes / rowBytes));
  const cut = { ...image, blockHeight, blocksDown: Math.ceil(height / blockHeight) };
  const pieces = offsets.flatMap((offset) => Array.from({ length: cut.blocksDown }, (_, i) => offset + i * blockHeight * rowBytes));
  return { ...cut, offsets: pieces, byteCounts: pieces.map((_, block) => expectedBytes(cut, block)) };
}

/** Width and height of an image, without its layout. */
export async function readTiffSize(directory: TiffDirectory): Promise<{ width: number; height: number }> {
  const width = await directory.number(tags.width);
  const height = await directory.number(tags.height);
  if ([width, height].every((side) => Number.isInteger(side) && side > 0 && side <= maxSide)) return { width, height };
  throw directory.error(`${width} x ${height} pixels, expected sides of 1 to ${maxSide}`);
}

/** Rows of a block that lie in the image: the last strip is cut, tiles are stored whole. */
export function storedRows({ blockKind, blockHeight, blocksAcross, blocksDown, height }: TiffImage, block: number): number {
  if (blockKind === 'tile') return blockHeight;
  const row = Math.floor(block / blocksAcross) % blocksDown;
  return Math.min(blockHeight, height - row * blockHeight);
}

/** Values that a block holds at least. */
export function blockLength(image: TiffImage, block: number): number {
  return image.blockWidth * storedRows(image, block) * (image.planar ? 1 : image.bands);
}

/** Decoded bytes that a block holds at least. */
export function expectedBytes(image: TiffImage, block: number): number {
  return blockLength(image, block) * pixelArrays[image.dtype].BYTES_PER_ELEMENT;
}

async function readPixelType(directory: TiffDirectory, bands: number): Promise<PixelType> {
  const bits = (await directory.numbers(tags.bitsPerSample, bands)) ?? [1];
  const formats = (await directory.numbers(tags.sampleFormat, bands)) ?? [1];
  if (new Set(bits).size > 1 || new Set(formats).size > 1) {
    throw directory.error(`bands of different types are not supported (bits ${bits.join(', ')}, sample formats ${formats.join(', ')})`);
  }
  const format = formats[0] === 4 ? 1 : formats[0]; // 4: "undefined data", read as unsigned
  const dtype = pixelTypeOf(format, bits[0]);
  if (dtype) return dtype;
  throw directory.error(
    `${bits[0]} bits of sample format ${format} are not supported; expected 8, 16 or 32-bit integers, 32 or 64-bit floats`,
  );
}
