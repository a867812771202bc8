import { access, readFile, stat } from 'node:fs/promises';
import { RasterError } from './raster-error.js';
import type { TiffDirectory } from './tiff-directory.js';

/**
 * [x0, dx, rx, y0, ry, dy] of the outer corner of the first pixel: pixel (row, column) starts at
 * x = x0 + column dx + row rx, y = y0 + column ry + row dy.
 */
export type Geotransform = readonly [x0: number, dx: number, rx: number, y0: number, ry: number, dy: number];

export interface Georeference {
  readonly epsg: number | null;
  readonly geotransform: Geotransform | null;
}

const modelPixelScale = 33550;
const modelTiepoint = 33922;
const modelTransformation = 34264;
const geoKeyDirectory = 34735;

const keys = { rasterType: 1025, geographicType: 2048, projectedType: 3072 } as const;
const pixelIsPoint = 2;
const userDefined = 32767;

/** CRS and geotransform from GeoTIFF's tags (OGC 19-008r4), null where the file does not say. */
export async function readGeoTags(directory: TiffDirectory): Promise<Georeference> {
  const codes = await readGeoKeys(directory);
  const epsg = [codes.get(keys.projectedType), codes.get(keys.geographicType)].find((code) => code !== undefined && code > 0);
  const corner = await readModel(directory);
  const shift = codes.get(keys.rasterType) === pixelIsPoint ? -0.5 : 0;
  return {
    epsg: epsg === undefined || epsg === userDefined ? null : epsg,
    geotransform: corner && translate(corner, shift, shift),
  };
}

/** The geotransform whose first pixel lies `rows` and `columns` further. */
export function translate([x0, dx, rx, y0, ry, dy]: Geotransform, rows: number, columns: number): Geotransform {
  return [x0 + columns * dx + rows * rx, dx, rx, y0 + columns * ry + rows * dy, ry, dy];
}

/** Short values of the GeoKey directory by key; keys stored elsewhere (floats, text) are left out. */
async function readGeoKeys(directory: TiffDirectory): Promise<Map<number, number>> {
  const values = (await directory.numbers(geoKeyDirectory, 4096)) ?? [];
  const codes = new Map<number, number>();
  for (let at = 4; at + 4 <= values.length; at += 4) {
    const [key, location, , value] = values.slice(at, at + 4);
    if (location === 0) codes.set(key, value);
  }
  return codes;
}

async function readModel(directory: TiffDirectory): Promise<Geotransform | null> {
  const matrix = await directory.numbers(modelTransformation, 16);
  if (matrix?.length === 16) return checked(directory, [matrix[3], matrix[0], matrix[1], matrix[7], matrix[4], matrix[5]]);
  const scale = await directory.numbers(modelPixelScale, 3);
  const tie = await directory.numbers(modelTiepoint, 65536);
  if (!scale || scale.length < 2 || tie?.length !== 6) return null; // several tie points without a scale: ground control, no affine grid
  const [column, row, , x, y] = tie;
  return checked(directory, [x - column * scale[0], scale[0], 0, y + row * scale[1], 0, -scale[1]]);
}

function checked(directory: TiffDirectory, geotransform: Geotransform): Geotransform {
  if (geotransform.every(Number.isFinite)) return geotransform;
  throw directory.error(`the geotransform is not finite: ${geotransform.join(', ')}`);
}

const worldFileExtensions = ['.tfw', '.TFW', '.tifw', '.wld'];
const maxWorldFile = 4096; // bytes

/**
 * The geotransform of the world file beside an image, or null where there is none. Its six lines are dx, ry, rx, dy and the position of the
 * centre of the first pixel.
 */
export async function readWorldFile(image: string): Promise<Geotransform | null> {
  const stem = image.replace(/\.[^./\\]*$/, '');
  for (const extension of worldFileExtensions) {
    const file = stem + extension;
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (!exists) continue;
    if ((await stat(file)).size > maxWorldFile)
      throw new RasterError(file, `a world file has six lines, found more than ${maxWorldFile} bytes`);
    const numbers = (await readFile(file, 'latin1')).trim().split(/\s+/).map(Number);
    if (numbers.length !== 6 || !numbers.every(Number.isFinite)) {
      throw new RasterError(file, `a world file has six numbers, found ${numbers.length}${numbers.length === 6 ? ', not all finite' : ''}`);
    }
    const [dx, ry, rx, dy, x, y] = numbers;
    return translate([x, dx, rx, y, ry, dy], -0.5, -0.5);
  }
  return null;
}
