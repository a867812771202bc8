import { accuracyOf, classCounts, f1Of, iouOf, precisionOf } from './class-scores.js';
import { countPairs, readConfusion, type Confusion, type CountingOptions, type LabelPair } from './confusion-matrix.js';
import type { HostArray } from './host-array.js';
import { checkMeanOptions, meanAccuracyOf, meanF1Of, meanIoUOf, type MeanOptions } from './mean-scores.js';
import { cohenKappaOf, frequencyWeightedIoUOf, overallAccuracyOf } from './overall-scores.js';

/** Fractions in [0,1] (kappa in [-1,1]); NaN where a score is 0/0. The arrays have an entry a class. */
export interface SegmentationScores {
  readonly mIoU: number;
  readonly mPA: number;
  readonly OA: number;
  readonly mF1: number;
  readonly fwIoU: number;
  readonly kappa: number;
  readonly confusion: Confusion; // row: target, column: prediction
  readonly perClassIoU: Float64Array;
  readonly perClassAccuracy: Float64Array;
  readonly perClassPrecision: Float64Array;
  readonly perClassF1: Float64Array;
}

export type SegmentationOptions = CountingOptions & MeanOptions;

/** Every score of a confusion matrix. Evaluate on the matrix of the whole test set, never as a mean of per-image scores. */
export function scoresFromConfusion({ confusion, ...options }: { readonly confusion: HostArray } & MeanOptions): SegmentationScores {
  return scoresOf('scoresFromConfusion', readConfusion('scoresFromConfusion', confusion), options);
}

/** Every score of a pair of label maps. @throws RangeError as `confusionMatrix` */
export function segmentationScores({ target, pred, mask, ...options }: LabelPair & SegmentationOptions): SegmentationScores {
  return scoresOf('segmentationScores', countPairs('segmentationScores', { target, pred, mask }, options)[0], options);
}

export function scoresOf(caller: string, confusion: Confusion, options: MeanOptions): SegmentationScores {
  checkMeanOptions(caller, options, confusion.shape[0]);
  const counts = classCounts(confusion);
  return {
    mIoU: meanIoUOf(counts, options),
    mPA: meanAccuracyOf(counts, options),
    OA: overallAccuracyOf(counts),
    mF1: meanF1Of(counts, options),
    fwIoU: frequencyWeightedIoUOf(counts),
    kappa: cohenKappaOf(counts),
    confusion,
    perClassIoU: iouOf(counts),
    perClassAccuracy: accuracyOf(counts),
    perClassPrecision: precisionOf(counts),
    perClassF1: f1Of(counts),
  };
}
