import { classCounts, iouOf, type ClassCounts } from './class-scores.js';
import { readConfusion } from './confusion-matrix.js';
import type { HostArray } from './host-array.js';

type OverallScore = (counts: ClassCounts) => number;

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

export const overallAccuracyOf: OverallScore = ({ hits, total }) => sum(hits) / total;

export const frequencyWeightedIoUOf: OverallScore = (counts) =>
  counts.total === 0 ? NaN : sum(iouOf(counts).map((iou, c) => (counts.targets[c] > 0 ? (counts.targets[c] / counts.total) * iou : 0)));

export const cohenKappaOf: OverallScore = ({ hits, targets, preds, total }) => {
  const observed = sum(hits) / total;
  const expected = sum(targets.map((t, c) => (t / total) * (preds[c] / total)));
  return expected === 1 ? NaN : (observed - expected) / (1 - expected);
};

/** Share of the pixels that are right, sum TP / n; NaN without pixels. */
export function overallAccuracy(confusion: HostArray): number {
  return overallAccuracyOf(classCounts(readConfusion('overallAccuracy', confusion)));
}

/** Sum over the classes with target pixels of (T / n) IoU; NaN without pixels. */
export function frequencyWeightedIoU(confusion: HostArray): number {
  return frequencyWeightedIoUOf(classCounts(readConfusion('frequencyWeightedIoU', confusion)));
}

/**
 * Agreement beyond chance, (p_o - p_e) / (1 - p_e) with p_o the overall accuracy and p_e = sum T P / n^2; NaN without pixels and
 * where p_e is 1 (one class in both maps). Cohen 1960.
 */
export function cohenKappa(confusion: HostArray): number {
  return cohenKappaOf(classCounts(readConfusion('cohenKappa', confusion)));
}
