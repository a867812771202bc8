import { judge } from '@rs/experiments';
import { expect, test } from 'vitest';
import { claimsOf } from '../src/claims.js';
import { edc, edcStar } from '../src/rows.js';
import type { RunResult } from '../src/runs.js';

const figures = (mIoU: number) => ({ mIoU, mPA: mIoU, mF1: mIoU, OA: mIoU, ECE: 0.01, perClassIoU: [mIoU], perClassF1: [mIoU] });
const run = (label: string, seed: number, mIoU: number): RunResult => ({
  label,
  seed,
  evaluation: { patches: 2, segmentation: { all: figures(mIoU), cloudFree: figures(mIoU + 0.02), cloudy: figures(mIoU - 0.02) } },
  steps: 1,
  scoredStep: 1,
  seconds: 1,
  engine: 'test',
  curves: {},
  validation: [],
});

test("the paper's differences are those of its Table I", () => {
  const [all, cloudy] = claimsOf([edc, edcStar]);
  expect(all.paper).toBeCloseTo(54.2 - 52.29, 6);
  expect(cloudy.paper).toBeCloseTo(51.24 - 49.63, 6);
});

test('of one row alone only the cost of clouds can be told', () => {
  expect(claimsOf([edc]).map(({ text }) => text)).toEqual(['EDC: clouds cost accuracy']);
});

test('are judged in points of mIoU', () => {
  const runs = [0.6, 0.61, 0.6].flatMap((mIoU, seed) => [run('EDC', seed, mIoU), run('EDC*', seed, mIoU + 0.02)]);
  const judged = claimsOf([edc, edcStar]).map((claim) => judge(claim, runs));
  expect(judged.map(({ verdict }) => verdict)).toEqual(['not held', 'not held', 'held', 'held']);
  expect(judged[2].differences[0].difference).toBeCloseTo(4, 10);
});
