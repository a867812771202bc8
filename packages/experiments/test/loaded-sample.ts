import type { LoadedSample, Sample } from '@rs/datasets';

/** A sample of a square optical image of `size` pixels a side, 2 bands that count the pixels from `start`, and labels 0..9 in turn. */
export function squareSample(id: string, size: number, start = 0): LoadedSample {
  const place = { epsg: null, geotransform: null };
  const data = Float32Array.from({ length: 2 * size * size }, (_, i) => start + i);
  const label = { data: Int32Array.from({ length: size * size }, (_, i) => i % 10), height: size, width: size, ...place };
  const optical = { data, bands: 2, height: size, width: size, bandNames: ['R', 'G'], ...place };
  return { id, scene: id, optical, label, filled: {} };
}

/** Where a sample of this name would lie. */
export const sampleFile = (id: string): Sample => ({
  id,
  scene: id,
  dataset: 'm3m-cr',
  root: '/data',
  split: 'train',
  files: { optical: `${id}.tif` },
});
