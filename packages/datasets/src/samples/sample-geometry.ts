import { alignedCrop } from '../aligned-crop.js';
import { arrayLike, type PixelArray, type Planar, type Window } from '../planar.js';
import { translate, type Geotransform } from '../reading/georeference.js';
import { extractTile } from '../tiles.js';
import type { Layer } from './image-layer.js';
import { imageRoles, type CloudMask, type ImageRole, type LabelLayer, type LoadedSample } from './load-sample.js';

/** Where the grids of the images and of coarser labels meet: every `fineStep` image = `coarseStep` label pixels. 1 and 1 for equal grids. */
export function sampleGrids(sample: LoadedSample): {
  readonly height: number;
  readonly width: number;
  readonly fineStep: number;
  readonly coarseStep: number;
} {
  const { height, width } = referenceLayer(sample);
  const coarse = sample.label?.width ?? width;
  let [a, b] = [width, coarse];
  while (b > 0) [a, b] = [b, a % b];
  return { height, width, fineStep: width / a, coarseStep: coarse / a };
}

/**
 * The same square of all rasters of a sample: `crop` image pixels a side, from the grids' meeting point (row, column) in steps of
 * `sampleGrids`. Throws RangeError where it leaves the sample or cuts a label pixel.
 */
export function cropSample(sample: LoadedSample, crop: number, [row, column]: readonly [number, number]): LoadedSample {
  const { height, width, ...steps } = sampleGrids(sample);
  const { fine, coarse } = alignedCrop({ crop, ...steps }, [row, column]);
  if (fine[0] < 0 || fine[1] < 0 || fine[0] + crop > height || fine[1] + crop > width) {
    throw new RangeError(`cropSample: the window [${fine.join(', ')}] leaves ${sample.id}, which has ${height} rows and ${width} columns`);
  }
  const move = (place: Geotransform | null, [y, x]: Window): Geotransform | null => place && translate(place, y, x);
  return mapSample(sample, {
    raster: (image, isLabel) => extractTile(image, isLabel ? coarse : fine),
    place: (place, _size, isLabel) => move(place, isLabel ? coarse : fine),
  });
}

/** One of the eight symmetries of the square: transposed first, then mirrored. */
export interface Symmetry {
  readonly transpose: boolean;
  readonly flipRows: boolean;
  readonly flipColumns: boolean;
}

/** Flips and quarter turns of all rasters of a sample alike; geotransforms follow. */
export function turnSample(sample: LoadedSample, symmetry: Symmetry): LoadedSample {
  return mapSample(sample, {
    raster: (image) => turn(image, symmetry),
    place: (place, size) => place && turnPlace(place, size, symmetry),
  });
}

function turn<T extends PixelArray>(
  { data, bands, height: h, width: w }: Planar<T>,
  { transpose, flipRows, flipColumns }: Symmetry,
): Planar<T> {
  const [height, width] = transpose ? [w, h] : [h, w];
  const out = arrayLike(data, data.length);
  let to = 0;
  for (let band = 0; band < bands; band++) {
    for (let i = 0; i < height; i++) {
      const row = flipRows ? height - 1 - i : i;
      for (let j = 0; j < width; j++) {
        const column = flipColumns ? width - 1 - j : j;
        out[to++] = data[band * h * w + (transpose ? column * w + row : row * w + column)];
      }
    }
  }
  return { data: out, bands, height, width };
}

function turnPlace(
  place: Geotransform,
  size: { height: number; width: number },
  { transpose, flipRows, flipColumns }: Symmetry,
): Geotransform {
  const [height, width] = transpose ? [size.width, size.height] : [size.height, size.width];
  let [x0, dx, rx, y0, ry, dy] = place;
  if (transpose) [dx, rx, ry, dy] = [rx, dx, dy, ry];
  if (flipRows) [x0, rx, y0, dy] = [x0 + height * rx, -rx, y0 + height * dy, -dy];
  if (flipColumns) [x0, dx, y0, ry] = [x0 + width * dx, -dx, y0 + width * ry, -ry];
  return [x0, dx, rx, y0, ry, dy];
}

interface Change {
  readonly raster: <T extends PixelArray>(image: Planar<T>, isLabel: boolean) => Planar<T>;
  readonly place: (place: Geotransform | null, size: { height: number; width: number }, isLabel: boolean) => Geotransform | null;
}

function mapSample(sample: LoadedSample, { raster, place }: Change): LoadedSample {
  const changed: Partial<Record<ImageRole, Layer>> & { label?: LabelLayer; cloudMask?: CloudMask } = {};
  for (const role of imageRoles) {
    const layer = sample[role];
    if (layer) changed[role] = { ...layer, ...raster(layer, false), geotransform: place(layer.geotransform, layer, false) };
  }
  const { label, cloudMask } = sample;
  if (label) {
    const { data, height, width } = raster({ ...label, bands: 1 }, true);
    changed.label = { data, height, width, epsg: label.epsg, geotransform: place(label.geotransform, label, true) };
  }
  if (cloudMask) {
    const { data, height, width } = raster({ ...cloudMask, bands: 1 }, false);
    changed.cloudMask = { data, height, width };
  }
  return { ...sample, ...changed };
}

function referenceLayer(sample: LoadedSample): Layer {
  const layer = imageRoles.map((role) => sample[role]).find(Boolean);
  if (layer) return layer;
  throw new RangeError(`${sample.id} has no image`);
}
