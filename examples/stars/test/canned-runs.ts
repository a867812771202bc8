import { madeUpRun } from '../../../packages/experiments/test/app-testing.js';
import type { TestFigures } from '../src/evaluate.js';
import type { RunResult } from '../src/runs.js';

const figures = (mIoU: number): TestFigures => ({
  mIoU,
  mPA: mIoU,
  mF1: mIoU + 0.1,
  OA: mIoU,
  perClassIoU: [mIoU - 0.1, mIoU, mIoU + 0.1],
  perClassF1: [mIoU, mIoU, mIoU],
  confusion: [
    [5, 0, 0],
    [0, 30, 0],
    [0, 0, 65],
  ],
});

/** A finished run of three classes with the given mIoU (fractions) on each of its tests; own statistics are one point higher. */
export const cannedRun = (label: string, seed: number, tests: Readonly<Record<string, number>>): RunResult => {
  const evaluation: RunResult['evaluation'] = {
    tiles: 2,
    parameters: 1000,
    tests: Object.fromEntries(
      Object.entries(tests).map(([test, mIoU]) => [
        test,
        { running: figures(mIoU), ...(!test.includes('+') && { own: figures(mIoU + 0.01) }) },
      ]),
    ),
    samplerSeconds: 0.05,
    alignment: [{ step: 4, stage: 3, matrix: [[1]], present: [true], contrast: 0.2, collapse: { 2: 0.7, 3: 0.8 } }],
  };
  return madeUpRun(label, seed, evaluation, {
    steps: 4,
    scoredStep: 4,
    seconds: 10,
    curves: { loss: [2, 1], ncs: [0, -0.5], psc: [3, 1] },
  });
};
