import type { Cell } from '@rs/report';

/** Mean and sample standard deviation; of fewer than two values no spread, of none a mean of NaN. */
export function meanAndSpread(values: readonly number[]): { readonly mean: number; readonly spread?: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean };
  return { mean, spread: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) };
}

/** A cell "mean ± spread" over the runs of a row; of one run its value alone, of none an empty cell. */
export function overSeeds(values: readonly number[]): Cell {
  if (values.length === 0) return null;
  const { mean, spread } = meanAndSpread(values);
  return spread === undefined ? mean : { mean, spread };
}
