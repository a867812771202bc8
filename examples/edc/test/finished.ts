import { madeUpRun } from '../../../packages/experiments/test/app-testing.js';
import type { SegmentationFigures } from '../src/evaluate.js';
import type { RunResult } from '../src/runs.js';

/** Two bins: half of the pixels at confidence 0.5, half at 0.9, of which 0.8 are right. */
const calibration = { count: [50, 50], confidence: [0.5, 0.9], accuracy: [0.5, 0.8], ece: 0.05 };

const figures = (mIoU: number): SegmentationFigures => ({
  mIoU,
  mPA: mIoU + 0.1,
  mF1: mIoU,
  OA: mIoU,
  ECE: 0.01,
  perClassIoU: [mIoU, mIoU],
  perClassF1: [mIoU, mIoU],
  confusion: [
    [3, 1],
    [0, 4],
  ],
  calibration,
});

/** A finished run with made-up figures: clouds cost four points. */
export const finished = (label: string, seed: number, mIoU: number): RunResult =>
  madeUpRun(label, seed, {
    patches: 2,
    segmentation: { all: figures(mIoU), cloudFree: figures(mIoU + 0.02), cloudy: figures(mIoU - 0.02) },
    quality: { SSIM: 0.6, PSNR: 25, MAE: 0.035 },
  });
