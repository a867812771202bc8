import { readImage, type Grid } from './grid.js';

/** The values shown darkest and brightest. */
export type Range = readonly [low: number, high: number];

export interface StretchOptions {
  readonly bands: readonly number[]; // channel indices
  readonly percentiles?: Range; // in 0..100; default [2, 98]
}

/**
 * The range between two percentiles of each band, over its finite values. Taken from one image and used for several, it makes them
 * comparable.
 */
export function percentileStretch(image: Grid, { bands, percentiles: [low, high] = [2, 98] }: StretchOptions): Range[] {
  const { data, channels } = readImage('percentileStretch: image', image);
  if (!(low >= 0 && high <= 100 && low < high)) {
    throw new RangeError(`percentileStretch: percentiles must rise within 0..100, got [${low}, ${high}]`);
  }
  return bands.map((band) => {
    if (!Number.isInteger(band) || band < 0 || band >= channels) {
      throw new RangeError(`percentileStretch: bands must lie in 0..${channels - 1}, got ${band}`);
    }
    const values = new Float64Array(data.length / channels);
    for (let pixel = 0; pixel < values.length; pixel++) values[pixel] = data[pixel * channels + band];
    const sorted = values.filter(Number.isFinite).sort();
    const at = (percent: number): number => sorted[Math.round((percent / 100) * (sorted.length - 1))] ?? 0;
    return [at(low), at(high)];
  });
}

/** A value's place in its range, 0..255; NaN, where there is no data, is dark. */
export function brightness(value: number, [low, high]: Range): number {
  if (Number.isNaN(value)) return 0;
  return high > low ? 255 * Math.min(1, Math.max(0, (value - low) / (high - low))) : 127;
}
