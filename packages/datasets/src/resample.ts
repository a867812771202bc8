import { arrayLike, assertPlanar, type PixelArray, type Planar } from './planar.js';

export interface NearestOptions {
  readonly size: readonly [height: number, width: number];
  /** `center`: the rule of GDAL, rasterio and torch `nearest-exact` (default); `corner`: the rule of torch `nearest`. */
  readonly convention?: 'center' | 'corner';
}

/**
 * Picks for each target pixel the source pixel that holds its centre or its corner,
 *     center: source = min(in - 1, floor((i + 0.5) in / out));   corner: source = floor(i in / out).
 * [C,H,W] -> [C,size] in the type of the image.
 */
export function nearestResample<T extends PixelArray>(image: Planar<T>, { size, convention = 'center' }: NearestOptions): Planar<T> {
  assertPlanar('nearestResample: image', image);
  const [height, width] = checkedSize('nearestResample', size);
  const rows = nearestSources(image.height, height, convention);
  const columns = nearestSources(image.width, width, convention);
  const data = arrayLike(image.data, image.bands * height * width);
  let target = 0;
  for (let c = 0; c < image.bands; c++) {
    for (let i = 0; i < height; i++) {
      const start = (c * image.height + rows[i]) * image.width;
      for (let j = 0; j < width; j++) data[target++] = image.data[start + columns[j]];
    }
  }
  return { data, bands: image.bands, height, width };
}

export interface BilinearOptions {
  readonly size: readonly [height: number, width: number];
  /** true: the corner pixels' centres coincide; false: half-pixel centres (default). */
  readonly alignCorners?: boolean;
}

/**
 * Bilinear interpolation without antialiasing, edges clamped, as in torch `interpolate(mode="bilinear")`:
 *     half-pixel: source = max(0, (i + 0.5) in / out - 0.5);   aligned: source = i (in - 1) / (out - 1).
 * [C,H,W] -> [C,size], float32.
 */
export function bilinearResample(image: Planar, { size, alignCorners = false }: BilinearOptions): Planar<Float32Array> {
  assertPlanar('bilinearResample: image', image);
  const [height, width] = checkedSize('bilinearResample', size);
  const rows = linearSources(image.height, height, alignCorners);
  const columns = linearSources(image.width, width, alignCorners);
  const data = new Float32Array(image.bands * height * width);
  let target = 0;
  for (let c = 0; c < image.bands; c++) {
    for (const row of rows) {
      const upper = (c * image.height + row.low) * image.width;
      const lower = (c * image.height + row.high) * image.width;
      for (const { low, high, weight } of columns) {
        const top = image.data[upper + low] * (1 - weight) + image.data[upper + high] * weight;
        const bottom = image.data[lower + low] * (1 - weight) + image.data[lower + high] * weight;
        data[target++] = top * (1 - row.weight) + bottom * row.weight;
      }
    }
  }
  return { data, bands: image.bands, height, width };
}

function checkedSize(name: string, size: readonly [number, number]): readonly [number, number] {
  if (size.length === 2 && size.every((side) => Number.isInteger(side) && side > 0)) return size;
  throw new RangeError(`${name}: size must be two positive integers [height, width], got [${size.join(', ')}]`);
}

function nearestSources(from: number, to: number, convention: 'center' | 'corner'): Int32Array {
  const shift = convention === 'center' ? 0.5 : 0;
  return Int32Array.from({ length: to }, (_, i) => Math.min(from - 1, Math.floor(((i + shift) * from) / to)));
}

function linearSources(from: number, to: number, alignCorners: boolean): { low: number; high: number; weight: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const source = alignCorners ? (to > 1 ? (i * (from - 1)) / (to - 1) : 0) : Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(from - 1, Math.floor(source));
    return { low, high: Math.min(from - 1, low + 1), weight: source - low };
  });
}
