import { forAllBatches } from './for-all-batches.js';
import type { LawOptions } from './invariance-laws.js';
import type { HostBatch, Measure } from './measure.js';

/**
 * Every value lies in [low, high], up to the tolerance (default 1e-9).
 *
 * @param options.orNaN the value may be undefined, as a mean over nothing is; default false
 */
export function lawBounded<Batch extends HostBatch>(
  measure: Measure<Batch>,
  {
    batches,
    low = -Infinity,
    high = Infinity,
    orNaN = false,
    tolerance = 1e-9,
    ...runs
  }: LawOptions<Batch> & { readonly low?: number; readonly high?: number; readonly orNaN?: boolean },
): void {
  forAllBatches(batches, runs, (batch) => {
    const value = measure(batch);
    if (orNaN && Number.isNaN(value)) return;
    if (!(value >= low - tolerance && value <= high + tolerance)) throw new Error(`${value} lies outside [${low}, ${high}]`);
  });
}
