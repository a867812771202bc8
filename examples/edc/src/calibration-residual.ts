import type { Calibration } from './evaluate.js';

/** Mean of accuracy - confidence over the pixels of the bins whose mean confidence is above a bound; negative: over-confident. NaN without pixels. */
export function residualAbove(bound: number, { count, confidence, accuracy }: Calibration): number {
  const bins = count.map((_, b) => b).filter((b) => count[b] > 0 && confidence[b] > bound);
  const pixels = bins.reduce((sum, b) => sum + count[b], 0);
  return bins.reduce((sum, b) => sum + count[b] * (accuracy[b] - confidence[b]), 0) / pixels;
}

/** The curve without the bins up to a bound. */
export const confident = (bound: number, { count, ...curve }: Calibration): Calibration => ({
  ...curve,
  count: count.map((n, b) => (curve.confidence[b] > bound ? n : 0)),
});
