import { arrayLike, assertPlanar, type PixelArray, type Planar } from './planar.js';

/** (x - min) / (max - min) of each band, cut to [0, 1]. [C,H,W] -> float32. */
export function clipScale(
  image: Planar,
  { min, max }: { readonly min: readonly number[]; readonly max: readonly number[] },
): Planar<Float32Array> {
  checkBands('clipScale', image, { min, max });
  const bad = min.findIndex((low, band) => !(low < max[band]));
  if (bad >= 0) throw new RangeError(`clipScale: min must be below max in every band, got ${min[bad]} and ${max[bad]} in band ${bad}`);
  return affine(
    image,
    min,
    max.map((high, band) => high - min[band]),
    [0, 1],
  );
}

/** (x - mean) / std of each band. [C,H,W] -> float32. */
export function standardize(
  image: Planar,
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
): Planar<Float32Array> {
  checkBands('standardize', image, { mean, std });
  const bad = std.findIndex((value) => !(value > 0));
  if (bad >= 0) throw new RangeError(`standardize: std must be positive, got ${std[bad]} in band ${bad}`);
  return affine(image, mean, std);
}

/** x / divisor. [C,H,W] -> float32. */
export function divideBy(image: Planar, divisor: number): Planar<Float32Array> {
  if (!(Math.abs(divisor) > 0)) throw new RangeError(`divideBy: the divisor must not be 0, got ${divisor}`);
  const perBand = (value: number): number[] => new Array<number>(image.bands).fill(value);
  return affine(image, perBand(0), perBand(divisor));
}

/** 10 log10(max(x, floor)) of intensities, 20 log10 of amplitudes; for linear radar data only. [C,H,W] -> float32, in dB. */
export function toDecibel(
  image: Planar,
  { floor, kind = 'intensity' }: { readonly floor: number; readonly kind?: 'intensity' | 'amplitude' },
): Planar<Float32Array> {
  if (!(floor > 0)) throw new RangeError(`toDecibel: floor must be positive, got ${floor}`);
  const factor = kind === 'amplitude' ? 20 : 10;
  return mapBands(image, (x) => factor * Math.log10(Math.max(x, floor)));
}

/**
 * Stretches each band from its percentiles `low` and `high` (0..100, linearly interpolated) to [0, outMax] and cuts the rest; a constant band
 * becomes 0. NaN values count for no percentile and stay NaN. [C,H,W] -> float32.
 */
export function percentileStretch(
  image: Planar,
  { low, high, outMax }: { readonly low: number; readonly high: number; readonly outMax: number },
): Planar<Float32Array> {
  assertPlanar('percentileStretch: image', image);
  if (!(low >= 0 && low < high && high <= 100))
    throw new RangeError(`percentileStretch: 0 <= low < high <= 100 is needed, got ${low} and ${high}`);
  const pixels = image.height * image.width;
  const ranges = Array.from({ length: image.bands }, (_, band) => {
    const sorted = Float64Array.from(image.data.subarray(band * pixels, (band + 1) * pixels)).filter((x) => !Number.isNaN(x)).sort(); // prettier-ignore
    return [percentile(sorted, low), percentile(sorted, high)] as const;
  });
  return mapBands(image, (x, band) => {
    const [bottom, top] = ranges[band];
    return top > bottom ? outMax * Math.min(1, Math.max(0, (x - bottom) / (top - bottom))) : x * 0;
  });
}

export interface FilledImage {
  readonly image: Planar<Float32Array>;
  readonly filled: number; // how many values were replaced
}

/**
 * Replaces NaN, and `nodata` where it is given, by the mean of the valid values of the whole image (`image`, as the public M3M-CR loader) or of
 * the band. [C,H,W] -> float32. Throws RangeError where nothing is valid.
 */
export function fillInvalid(
  image: Planar,
  { scope, nodata = Number.NaN }: { readonly scope: 'image' | 'band'; readonly nodata?: number },
): FilledImage {
  assertPlanar('fillInvalid: image', image);
  const pixels = image.height * image.width;
  const step = scope === 'image' ? image.data.length : pixels;
  const data = Float32Array.from(image.data);
  let filled = 0;
  for (let start = 0; start < data.length; start += step) {
    let sum = 0;
    let valid = 0;
    for (let i = start; i < start + step; i++) {
      if (isInvalid(image.data[i], nodata)) continue;
      sum += image.data[i];
      valid++;
    }
    if (valid === step) continue;
    if (valid === 0) throw new RangeError(`fillInvalid: no valid value in ${scope === 'image' ? 'the image' : `band ${start / pixels}`}`);
    filled += step - valid;
    for (let i = start; i < start + step; i++) if (isInvalid(image.data[i], nodata)) data[i] = sum / valid;
  }
  return { image: { data, bands: image.bands, height: image.height, width: image.width }, filled };
}

const isInvalid = (x: number, nodata: number): boolean => Number.isNaN(x) || x === nodata;

/** The bands named `to` of an image whose bands are named `from`, in the order of `to`. */
export function selectBands<T extends PixelArray>(
  image: Planar<T>,
  { from, to }: { readonly from: readonly string[]; readonly to: readonly string[] },
): Planar<T> {
  assertPlanar('selectBands: image', image);
  if (from.length !== image.bands) throw new RangeError(`selectBands: ${image.bands} bands need as many names, got ${from.join(', ')}`);
  const pixels = image.height * image.width;
  const data = arrayLike(image.data, to.length * pixels);
  to.forEach((name, i) => {
    const band = from.indexOf(name);
    if (band < 0) throw new RangeError(`selectBands: there is no band ${name}, only ${from.join(', ')}`);
    data.set(image.data.subarray(band * pixels, (band + 1) * pixels), i * pixels);
  });
  return { data, bands: to.length, height: image.height, width: image.width };
}

/** (x - offset) / divisor of each band, cut to the range where there is one; a plain loop, since every sample passes through it. */
function affine(
  image: Planar,
  offset: readonly number[],
  divisor: readonly number[],
  [low, high]: readonly [number, number] = [-Infinity, Infinity],
): Planar<Float32Array> {
  assertPlanar('image', image);
  const pixels = image.height * image.width;
  const data = new Float32Array(image.data.length);
  for (let band = 0; band < image.bands; band++) {
    const [subtract, divide] = [offset[band], divisor[band]];
    for (let i = band * pixels; i < (band + 1) * pixels; i++) {
      const x = (image.data[i] - subtract) / divide;
      data[i] = x < low ? low : x > high ? high : x;
    }
  }
  return { data, bands: image.bands, height: image.height, width: image.width };
}

function mapBands(image: Planar, f: (x: number, band: number) => number): Planar<Float32Array> {
  assertPlanar('image', image);
  const pixels = image.height * image.width;
  const data = new Float32Array(image.data.length);
  for (let band = 0; band < image.bands; band++) {
    for (let i = band * pixels; i < (band + 1) * pixels; i++) data[i] = f(image.data[i], band);
  }
  return { data, bands: image.bands, height: image.height, width: image.width };
}

function checkBands(name: string, image: Planar, lists: Readonly<Record<string, readonly number[]>>): void {
  for (const [argument, list] of Object.entries(lists)) {
    if (list.length !== image.bands)
      throw new RangeError(`${name}: ${argument} must have one value for each of ${image.bands} bands, got ${list.length}`);
  }
}

function percentile(sorted: Float64Array, percent: number): number {
  const at = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}
