import type { BandRange } from '../layouts/description.js';
import type { Planar, Window } from '../planar.js';
import type { Geotransform } from '../reading/georeference.js';
import { RasterError } from '../reading/raster-error.js';
import { clipScale, divideBy, selectBands, standardize } from '../scaling.js';
import type { LayerFile } from './layer-file.js';

/** An image of a sample: [C,H,W] float32, its bands by name, its place on the ground. */
export interface Layer extends Planar<Float32Array> {
  readonly bandNames: readonly string[];
  readonly epsg: number | null;
  readonly geotransform: Geotransform | null;
}

/** What becomes of the values of a file. */
export interface Preprocessing {
  readonly order: readonly string[]; // names of the file's bands
  readonly bands: readonly string[]; // those to keep, in this order
  readonly greyAsRgb: boolean;
  readonly mean?: readonly number[]; // with std, of the bands kept
  readonly std?: readonly number[];
  readonly divisor?: number;
  readonly range?: BandRange; // of the file's bands
  readonly stretch?: boolean; // to [0, 1] by the least and largest valid value of the whole file
}

export interface PreparedImage {
  readonly image: Planar<Float32Array>;
  readonly filled: number; // invalid values that were replaced
}

/**
 * Reads a window and prepares it: band selection, invalid values, scaling, in this order. Invalid are NaN and pixels whose bands all are the
 * file's nodata value; they become the mean of the valid values of the whole file, over the bands kept.
 *
 * @throws RasterError where the bands are not those expected, or no pixel is valid
 */
export async function prepareImage(layer: LayerFile, window: Window, preprocessing: Preprocessing): Promise<PreparedImage> {
  const { mean, std, divisor, range, order, bands } = preprocessing;
  try {
    const part = await selected(layer, window, preprocessing);
    const { image, filled } = await fill(layer, window, part, preprocessing);
    if (preprocessing.stretch) return { image: await stretched(layer, window, image, preprocessing), filled };
    if (mean && std) return { image: standardize(image, { mean, std }), filled };
    if (mean || std) throw new RangeError('mean and std must be given together');
    if (divisor !== undefined) return { image: divideBy(image, divisor), filled };
    if (!range) return { image, filled };
    const pick = (values: readonly number[]): number[] => bands.map((name) => values[order.indexOf(name)]);
    return { image: clipScale(image, { min: pick(range.min), max: pick(range.max) }), filled };
  } catch (error) {
    if (error instanceof RangeError) throw new RasterError(layer.file, error.message, { cause: error });
    throw error;
  }
}

/** The bands asked for, float32, NaN where the pixel is invalid. */
async function selected(layer: LayerFile, window: Window, { order, bands, greyAsRgb }: Preprocessing): Promise<Planar<Float32Array>> {
  const repeat = greyAsRgb && layer.bands === 1 ? order.length : 1;
  if (layer.bands * repeat !== order.length) {
    throw new RasterError(layer.file, `has ${layer.bands} bands, expected ${order.length} (${order.join(', ')})`);
  }
  const stored = await layer.read(window);
  const data = new Float32Array(stored.data.length * repeat);
  for (let i = 0; i < repeat; i++) data.set(stored.data, i * stored.data.length);
  if (layer.nodata !== null) maskNodata(stored, layer.nodata, data);
  return selectBands({ ...stored, data, bands: order.length }, { from: order, to: bands });
}

/** NaN in all bands of `data` where all stored bands are nodata. */
function maskNodata(stored: Planar, nodata: number, data: Float32Array): void {
  const pixels = stored.height * stored.width;
  for (let i = 0; i < pixels; i++) {
    let valid = false;
    for (let at = i; at < stored.data.length && !valid; at += pixels) valid = stored.data[at] !== nodata;
    if (!valid) for (let at = i; at < data.length; at += pixels) data[at] = Number.NaN;
  }
}

async function fill(layer: LayerFile, window: Window, part: Planar<Float32Array>, preprocessing: Preprocessing): Promise<PreparedImage> {
  let filled = 0;
  for (const x of part.data) if (Number.isNaN(x)) filled++;
  if (filled === 0) return { image: part, filled };
  const whole = await wholeOf(layer, window, part, preprocessing);
  let sum = 0;
  let valid = 0;
  for (const x of whole.data) {
    if (Number.isNaN(x)) continue;
    sum += x;
    valid++;
  }
  if (valid === 0) throw new RasterError(layer.file, 'every pixel is NaN or nodata, expected at least one valid pixel');
  return { image: { ...part, data: part.data.map((x) => (Number.isNaN(x) ? sum / valid : x)) }, filled };
}

async function stretched(
  layer: LayerFile,
  window: Window,
  image: Planar<Float32Array>,
  preprocessing: Preprocessing,
): Promise<Planar<Float32Array>> {
  const whole = await wholeOf(layer, window, image, preprocessing);
  let [least, largest] = [Infinity, -Infinity];
  for (const x of whole.data) {
    if (x < least) least = x;
    if (x > largest) largest = x;
  }
  const span = largest > least ? largest - least : 1; // a flat file becomes 0
  return { ...image, data: image.data.map((x) => (x - least) / span) };
}

/** All pixels of the file, of which `part` is the window. */
const wholeOf = async (
  layer: LayerFile,
  window: Window,
  part: Planar<Float32Array>,
  preprocessing: Preprocessing,
): Promise<Planar<Float32Array>> => {
  const partial = window[2] < layer.height || window[3] < layer.width;
  return partial ? selected(layer, [0, 0, layer.height, layer.width], preprocessing) : part;
};
