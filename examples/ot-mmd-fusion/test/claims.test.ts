import { judge } from '@rs/experiments';
import { expect, test } from 'vitest';
import { madeUpRun } from '../../../packages/experiments/test/app-testing.js';
import { claimsOf } from '../src/claims.js';
import type { Evaluation } from '../src/evaluate.js';
import { bilinearRow, forwardOnlyRow, lambdaRows, variantRows } from '../src/rows.js';
import type { RunResult } from '../src/runs.js';
import { classesTable, matchingTable, sensitivityTable, variantsTable, type Measured } from '../src/tables.js';
import { tinyConfig } from './tiny-config.js';

const classes = ['impervious', 'building', 'low vegetation', 'tree', 'bare', 'water'];
const matching = (nearby: number, mmd2: number): Evaluation['untrained'] => [
  { ownPlace: 0, nearby, cosine: 0.5, hit: 0.5, mmd2, mmd2Unmoved: 1 },
];
const run = (label: string, seed: number, mIoU: number, mmd2 = 0.1): RunResult => {
  const evaluation: Evaluation = {
    scenes: 2,
    segmentation: { mIoU, mPA: mIoU, mF1: mIoU, OA: mIoU, perClassIoU: [mIoU, mIoU, mIoU + 0.1, mIoU, mIoU, NaN], perClassF1: [mIoU] },
    borderMIoU: mIoU - 0.1,
    pieces: 2 - mIoU,
    zeroedMIoU: mIoU - 0.2,
    swappedMIoU: mIoU - 0.1,
    untrained: matching(0.1, 1),
    matching: [{ shift: 0, stages: matching(0.3, mmd2) }],
  };
  return madeUpRun(label, seed, evaluation, { curves: { crossEntropy: [1, 0.5] } });
};
const scores: Readonly<Record<string, number>> = { A: 0.5, A0: 0.52, A1: 0.52, A2: 0.48, A3: 0.55 };
const runs = Object.entries(scores).flatMap(([label, mIoU]) =>
  [0, 1, 2].map((seed) =>
    run(label, seed, mIoU + seed / 1000 + (label === 'A0' ? seed / 500 : 0), label === 'A1' ? 0.05 + seed / 1000 : 0.2),
  ),
);
const rows = variantRows('elevation');
const verdicts = new Map(claimsOf(rows, classes, 0.1).map((claim) => [claim.text, judge(claim, runs)]));

test('steps between variants are judged in points of mIoU beside those that the paper prints', () => {
  const step = verdicts.get('transport helps: A0 above A')!;
  expect(step.verdict).toBe('held');
  expect(step.paper).toBeCloseTo(0.9, 6);
  expect(step.differences[0].difference).toBeCloseTo(2, 6);
  expect(verdicts.get('all together help: A2 above A')!.verdict).toBe('not held');
  expect(verdicts.get('the MMD loss helps: A1 above A0')!.verdict).toBe('within spread');
});

test('parts are judged by what they are for', () => {
  expect(verdicts.get('MMD draws distributions together: A0 above A1')!.verdict).toBe('held');
  expect(verdicts.get('tokens find their place: A1 above untrained, stage 1')!.differences[0].difference).toBeCloseTo(20, 6);
  expect(verdicts.get('maps are smoother: A above A2')!.verdict).toBe('not held');
  expect(verdicts.get('elevation helps: A2 above zeros for it')!.differences[0].difference).toBeCloseTo(20, 6);
});

test('only rows that were run are compared', () => {
  expect(claimsOf([rows[0]], classes, 0.1)).toEqual([]);
  const texts = claimsOf([rows[3], forwardOnlyRow, bilinearRow], classes, 0.1).map(({ text }) => text);
  expect(texts.filter((text) => !text.startsWith('elevation helps'))).toEqual([
    'both directions help: A2 above forward alone',
    'predicted filters sharpen: A2 above bilinear',
  ]);
  expect(claimsOf(lambdaRows(tinyConfig()), classes, 0.1).map(({ text }) => text)).toContain('lambda 0.1 above 0, A1');
});

const measured: Measured = {
  config: tinyConfig(),
  runs,
  classes,
  provenance: () => ({ data: 'two scenes', scale: 'tiny', engine: 'test', seeds: [0, 1, 2] }),
  footnotes: [],
};
const cell = (
  table: { readonly rows: readonly { readonly label: string; readonly cells: readonly unknown[] }[] },
  label: string,
  column: number,
) => table.rows.find((row) => row.label === label)!.cells[column];

test('the table of variants has expected figures and measured ones, in percent with their spread', () => {
  const table = variantsTable(measured, 'elevation');
  expect(cell(table, 'A2 (Full Model)', 0)).toEqual({ mean: 85.8, spread: 0.4 });
  expect(cell(table, 'A2', 0)).toEqual({ mean: expect.closeTo(48.1, 6), spread: expect.closeTo(0.1, 6) });
});

test('the table of classes has the gain run by run, and nothing for a class that is absent', () => {
  const table = classesTable(measured);
  expect(cell(table, 'A2 - A, run by run', 2)).toEqual({ mean: expect.closeTo(-2, 6), spread: expect.closeTo(0, 6) });
  expect(cell(table, 'A2 - A, run by run', 5)).toBeNull();
  expect(cell(table, 'gain over the baseline (variant not named)', 2)).toBe('+1.5 to +2.5');
});

test('the table of transport has each stage before and after training', () => {
  const table = matchingTable(measured);
  expect(cell(table, 'A1, stage 1, untrained', 1)).toEqual({ mean: expect.closeTo(10, 6), spread: expect.closeTo(0, 6) });
  expect(cell(table, 'A1, stage 1, trained', 1)).toEqual({ mean: expect.closeTo(30, 6), spread: expect.closeTo(0, 6) });
});

test('the sensitivity table shows the row of the config where lambda and bandwidth are its own', () => {
  const table = sensitivityTable(measured);
  expect(cell(table, 'lambda 0.1', 0)).toEqual(cell(table, 'bandwidth 1 x mean rule', 0));
  expect(cell(table, 'lambda 0', 0)).toBeNull();
});
