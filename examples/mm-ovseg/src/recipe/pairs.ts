import path from 'node:path';
import { indexDataset, percentileStretch, readRaster, RasterError, type Planar, type Sample } from '@rs/datasets';
import { Random, resize } from '@rs/nn';
import { shuffledBatches, type DataSource } from '@rs/train';
import * as tf from '@tensorflow/tfjs-core';
import type { RecipeConfig } from './config.js';
import { threeBands } from './scored-data.js';

/** Pairs of optical and SAR images without labels: SpaceNet 6 and DFC 2023 stand for CMU-Data. @throws DatasetError where files are missing */
export async function openPairs({ pairs }: RecipeConfig, root: string): Promise<Sample[]> {
  const found: Sample[] = [];
  for (const { folder, ...rest } of pairs) found.push(...(await indexDataset({ ...rest, root: path.resolve(root, folder) })));
  return found;
}

/** Both images of a place, [3,H,W] each in 0..255. */
export interface Pair {
  readonly optical: Planar<Float32Array>;
  readonly sar: Planar<Float32Array>;
  readonly valid: number; // share of the pixels that have data in both; the others are 0 in both
}

/**
 * SAR of other than 8 bits is its first band, stretched from its percentiles 2 and 98, pixels without data left out.
 *
 * @throws RasterError naming the file when the images differ in size
 */
export async function loadPair({ root, files }: Sample): Promise<Pair> {
  const [opticalFile, sarFile] = [path.join(root, files.optical!), path.join(root, files.sar!)];
  const [optical, sar] = [await readRaster(opticalFile), await readRaster(sarFile)];
  const { height, width } = optical;
  if (sar.height !== height || sar.width !== width) {
    throw new RasterError(sarFile, `has ${sar.width} x ${sar.height} pixels, expected the ${width} x ${height} of ${opticalFile}`);
  }
  const pixels = height * width;
  const bandIs = (data: ArrayLike<number>, bands: number, value: number) => (pixel: number) => {
    for (let band = 0; band < bands; band++) if (data[band * pixels + pixel] !== value) return false;
    return true;
  };
  const noOptical = bandIs(optical.data, optical.bands, 0); // black in all bands
  const noSar = sar.nodata === null ? () => false : bandIs(sar.data, sar.bands, sar.nodata);
  const radar = Float32Array.from({ length: pixels }, (_, pixel) => (noSar(pixel) ? NaN : sar.data[pixel]));
  const grid = { height, width };
  const grey = { ...grid, bands: 1, data: radar };
  const stretched = sar.data instanceof Uint8Array ? grey : percentileStretch(grey, { low: 2, high: 98, outMax: 255 });
  const both = { optical: Float32Array.from(optical.data), sar: stretched.data };
  let valid = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (!noOptical(pixel) && !Number.isNaN(both.sar[pixel])) valid++;
    else {
      both.sar[pixel] = 0;
      for (let band = 0; band < optical.bands; band++) both.optical[band * pixels + pixel] = 0;
    }
  }
  return {
    optical: { ...grid, bands: optical.bands, data: both.optical },
    sar: threeBands({ ...grid, bands: 1, data: both.sar }),
    valid: valid / pixels,
  };
}

/** What a step of stage 1 sees: [N,crop,crop,3] each, in 0..255. */
export type PairBatch = { readonly ids: readonly string[]; readonly optical: tf.Tensor4D; readonly sar: tf.Tensor4D };

export interface PairSourceOptions {
  readonly pairs: readonly Sample[];
  readonly crop: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly load?: typeof loadPair; // default: from files
}

const tries = 20;

/**
 * Crops of pairs in a seeded order: scaled by 0.8 to 1.2, at any place, flipped and turned by quarters, both images alike. In the place of a tile with
 * data in less than half of its pixels stands the next one.
 *
 * @throws RangeError when there are fewer pairs than a batch; RasterError when no tile in a row has enough data
 */
export function pairSource({ pairs, crop, batchSize, seed, load = loadPair }: PairSourceOptions): DataSource<PairBatch> {
  const placeOf = shuffledBatches({ seed, count: pairs.length, batchSize });
  const usable = async (index: number): Promise<{ id: string; pair: Pair }> => {
    for (let i = 0; i < Math.min(tries, pairs.length); i++) {
      const sample = pairs[(index + i) % pairs.length];
      const pair = await load(sample);
      if (pair.valid >= 0.5) return { id: sample.id, pair };
    }
    const { root, files } = pairs[index];
    throw new RasterError(path.join(root, files.optical!), 'and the tiles after it have data in less than half of their pixels');
  };
  return async (position) => {
    const random = new Random(seed * 2 ** 20 + position);
    const chosen = await Promise.all(placeOf(position).indices.map(usable));
    const [optical, sar] = tf.tidy(() => {
      const views = chosen.map(({ pair }) => viewOf(pair, crop, random));
      return [tf.stack(views.map((view) => view.optical)), tf.stack(views.map((view) => view.sar))];
    }) as [tf.Tensor4D, tf.Tensor4D];
    return { ids: chosen.map(({ id }) => id), optical, sar };
  };
}

/** One crop of both, [crop,crop,3] each. */
function viewOf({ optical, sar }: Pair, crop: number, random: Random): { optical: tf.Tensor3D; sar: tf.Tensor3D } {
  const { height, width } = optical;
  const side = Math.min(height, width, Math.round(crop / (0.8 + 0.4 * random.uniform())));
  const [top, left] = [random.integer(height - side + 1), random.integer(width - side + 1)];
  const symmetry = random.integer(8);
  const view = ({ data, bands }: Planar<Float32Array>): tf.Tensor3D => {
    const cut = tf.slice3d(tf.tensor3d(data, [bands, height, width]), [0, top, left], [3, side, side]);
    const image = tf.transpose(cut, symmetry & 4 ? [2, 1, 0] : [1, 2, 0]);
    const turned = tf.reverse(image, [...(symmetry & 1 ? [0] : []), ...(symmetry & 2 ? [1] : [])]);
    return tf.squeeze(resize(tf.expandDims(turned, 0) as tf.Tensor4D, { size: [crop, crop], mode: 'bilinear' }), [0]);
  };
  return { optical: view(optical), sar: view(sar) };
}
