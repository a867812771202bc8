import type { SegmentationScores } from '@rs/metrics';

/** Scores as `result.json` keeps them: fractions, NaN where a score is 0/0. */
export interface SegmentationFigures {
  readonly mIoU: number;
  readonly mPA: number;
  readonly mF1: number;
  readonly OA: number;
  readonly perClassIoU: readonly number[]; // NaN for a class that is in neither map
  readonly perClassF1: readonly number[];
}

/** The figures of one confusion matrix over a whole test set (`SegmentationAccumulator.compute()`). */
export function segmentationFigures({ mIoU, mPA, mF1, OA, perClassIoU, perClassF1 }: SegmentationScores): SegmentationFigures {
  return { mIoU, mPA, mF1, OA, perClassIoU: [...perClassIoU], perClassF1: [...perClassF1] };
}
