import { accuracyOf, classCounts, f1Of, iouOf, type ClassCounts } from './class-scores.js';
import { readConfusion } from './confusion-matrix.js';
import type { HostArray } from './host-array.js';

export interface MeanOptions {
  /**
   * Which classes count in the means of IoU and F1; default 'union'.
   * 'union': those in either map, so a class that is only predicted counts with 0 (torchmetrics' macro Jaccard index).
   * 'target': those with target pixels (Detectron2's semantic evaluator).
   * 'all': every class, 0/0 taken as 0 (EDC eq. 11 read literally); holds for the mean pixel accuracy too.
   */
  readonly meanOver?: 'union' | 'target' | 'all';
  /** The three means look at these class ids alone; default: all. */
  readonly meanClasses?: readonly number[];
}

type MeanScore = (counts: ClassCounts, options: MeanOptions) => number;

export const meanIoUOf: MeanScore = (counts, options) => mean(iouOf(counts), counts, options);
export const meanF1Of: MeanScore = (counts, options) => mean(f1Of(counts), counts, options);
export const meanAccuracyOf: MeanScore = (counts, { meanOver, meanClasses }) =>
  mean(accuracyOf(counts), counts, { meanOver: meanOver === 'all' ? 'all' : 'target', meanClasses });

/** Mean of the classes' IoU, by default over those in either map; NaN when none counts. EDC eq. (11), STARS eq. (8). */
export function meanIoU(confusion: HostArray, options: MeanOptions = {}): number {
  return scoreOf('meanIoU', meanIoUOf, confusion, options);
}

/** Mean of the classes' pixel accuracy over those with target pixels (every class under 'all'); NaN when there is none. EDC eq. (12). */
export function meanPixelAccuracy(confusion: HostArray, options: MeanOptions = {}): number {
  return scoreOf('meanPixelAccuracy', meanAccuracyOf, confusion, options);
}

/** Mean of the classes' F1 (not the F1 of mean precision and recall), over the classes of `meanIoU`; NaN when none counts. STARS eq. (9). */
export function meanF1(confusion: HostArray, options: MeanOptions = {}): number {
  return scoreOf('meanF1', meanF1Of, confusion, options);
}

/** @throws RangeError when an option cannot be meant */
export function checkMeanOptions(caller: string, { meanOver, meanClasses = [] }: MeanOptions, numClasses: number): void {
  if (meanOver !== undefined && !['union', 'target', 'all'].includes(meanOver)) {
    throw new RangeError(`${caller}: meanOver must be union, target or all, got ${meanOver}`);
  }
  for (const id of meanClasses) {
    if (!Number.isInteger(id) || id < 0 || id >= numClasses) {
      throw new RangeError(`${caller}: meanClasses must lie in 0..${numClasses - 1}, got ${id}`);
    }
  }
}

function scoreOf(caller: string, score: MeanScore, confusion: HostArray, options: MeanOptions): number {
  const matrix = readConfusion(caller, confusion);
  checkMeanOptions(caller, options, matrix.shape[0]);
  return score(classCounts(matrix), options);
}

function mean(scores: Float64Array, { targets, preds, total }: ClassCounts, { meanOver = 'union', meanClasses }: MeanOptions): number {
  if (total === 0) return NaN;
  let sum = 0;
  let count = 0;
  for (const c of meanClasses ?? scores.keys()) {
    const counts = { union: targets[c] + preds[c] > 0, target: targets[c] > 0, all: true }[meanOver];
    if (!counts) continue;
    sum += Number.isNaN(scores[c]) ? 0 : scores[c]; // NaN only under 'all'
    count++;
  }
  return sum / count;
}
