import type { PixelArray, Planar, Window } from '../planar.js';
import { ByteSource } from './byte-source.js';
import { readGeoTags, readWorldFile, translate, type Geotransform } from './georeference.js';
import { pixelArrays, type PixelType } from './pixel-type.js';
import { RasterError } from './raster-error.js';
import { decodeWindow } from './decode-window.js';
import { readDirectories, type TiffDirectory } from './tiff-directory.js';
import { readTiffImage, readTiffSize, type TiffImage } from './tiff-image.js';

const newSubfileType = 254;
const gdalNodata = 42113;
const maxBytes = 2 ** 31; // of one read, decoded

/** What a file says of its whole, full-size image. */
export interface RasterInfo {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly dtype: PixelType;
  readonly nodata: number | null; // the value that marks a missing pixel; NaN is possible
  readonly epsg: number | null;
  readonly geotransform: Geotransform | null; // of the outer corner of the first pixel
}

/** Pixels with their place on the ground: size and geotransform are those of the pixels read, a window or an overview included. */
export interface Raster<T extends PixelArray = PixelArray> extends Planar<T> {
  readonly dtype: PixelType;
  readonly nodata: number | null;
  readonly epsg: number | null;
  readonly geotransform: Geotransform | null;
}

export interface ReadRasterOptions {
  /** The part to read; it must lie in the image (in the overview, where one is asked for). Default: all of it. */
  readonly window?: Window;
  /** 0 for the first reduced image, 1 for the next, ...; default: the full image. */
  readonly overview?: number;
}

/** Reads the header of a TIFF file alone. Throws `RasterError`. */
export function readRasterInfo(file: string): Promise<RasterInfo> {
  return ByteSource.use(file, async (source) => (await openRaster(source)).info);
}

/**
 * Reads a TIFF file: classic or BigTIFF, both byte orders, strips or tiles, interleaved or planar bands; uncompressed, LZW, deflate or PackBits
 * with predictors 2 and 3; 8 to 32-bit integers, 32 and 64-bit floats. All sizes and offsets are checked before anything is decoded, a window
 * reads only the blocks that it touches, and decoding that takes longer than the bytes of the file explain is given up.
 *
 * @throws RasterError naming the file, what was expected and what was found
 */
export async function readRaster(file: string, { window, overview }: ReadRasterOptions = {}): Promise<Raster> {
  return ByteSource.use(file, async (source) => {
    const { info, image, directory, directories } = await openRaster(source);
    const chosen = overview === undefined ? { image, directory } : await openOverview(source, directories, overview);
    const area = checkedWindow(file, window ?? [0, 0, chosen.image.height, chosen.image.width], chosen.image);
    const [y, x, height, width] = area;
    const bytes = chosen.image.bands * height * width * pixelArrays[chosen.image.dtype].BYTES_PER_ELEMENT;
    if (bytes > maxBytes)
      throw new RasterError(
        file,
        `${width} x ${height} x ${info.bands} pixels are ${bytes} bytes, at most ${maxBytes} are read at once: read windows`,
      );
    const whole = height === chosen.image.height && width === chosen.image.width; // no other window needs its blocks
    const key = whole || source.identity === undefined ? undefined : `${source.identity}:${chosen.directory.index}`;
    const data = await decodeWindow(source, chosen.image, chosen.directory.format.littleEndian, area, key);
    const geotransform = info.geotransform && place(info, info.geotransform, chosen.image, y, x);
    return {
      data,
      bands: chosen.image.bands,
      height,
      width,
      dtype: chosen.image.dtype,
      nodata: info.nodata,
      epsg: info.epsg,
      geotransform,
    };
  });
}

interface OpenedRaster {
  readonly info: RasterInfo;
  readonly image: TiffImage;
  readonly directory: TiffDirectory;
  readonly directories: readonly TiffDirectory[];
}

async function openRaster(source: ByteSource): Promise<OpenedRaster> {
  const directories = await readDirectories(source);
  const directory = directories[0];
  const image = await readTiffImage(source, directory);
  const { epsg, geotransform } = await readGeoTags(directory);
  const { width, height, bands, dtype } = image;
  const info = {
    width,
    height,
    bands,
    dtype,
    epsg,
    geotransform: geotransform ?? (await readWorldFile(source.file)),
    nodata: await readNodata(directory),
  };
  return { info, image, directory, directories };
}

async function openOverview(
  source: ByteSource,
  directories: readonly TiffDirectory[],
  overview: number,
): Promise<{ image: TiffImage; directory: TiffDirectory }> {
  const reduced: TiffDirectory[] = [];
  for (const directory of directories.slice(1)) {
    if (((await directory.number(newSubfileType, 0)) & 5) === 1) reduced.push(directory); // bit 0: reduced image, bit 2: mask
  }
  if (!Number.isInteger(overview) || overview < 0 || overview >= reduced.length) {
    const sizes = await Promise.all(reduced.map(readTiffSize));
    throw new RasterError(
      source.file,
      `overview ${overview} was asked for, there are ${reduced.length}${sizes.map(({ width, height }) => ` ${width}x${height}`).join(',')}`,
    );
  }
  return { image: await readTiffImage(source, reduced[overview]), directory: reduced[overview] };
}

async function readNodata(directory: TiffDirectory): Promise<number | null> {
  const text = (await directory.text(gdalNodata, 256))?.trim();
  if (!text) return null;
  if (/^[-+]?nan$/i.test(text)) return Number.NaN;
  return Number.isNaN(Number(text)) ? null : Number(text);
}

function checkedWindow(file: string, window: Window, { width, height }: TiffImage): Window {
  const [y, x, h, w] = window;
  const inside = window.every(Number.isInteger) && y >= 0 && x >= 0 && h > 0 && w > 0 && y + h <= height && x + w <= width;
  if (inside) return window;
  throw new RasterError(file, `window [${window.join(', ')}] does not lie in the image of ${height} rows and ${width} columns`);
}

/** The geotransform of a window that starts at (y, x) of `image`, which covers the same ground as the full image. */
function place(full: RasterInfo, [x0, dx, rx, y0, ry, dy]: Geotransform, image: TiffImage, y: number, x: number): Geotransform {
  const across = full.width / image.width;
  const down = full.height / image.height;
  return translate([x0, dx * across, rx * down, y0, ry * across, dy * down], y, x);
}
