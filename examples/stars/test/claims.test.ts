import { judge } from '@rs/experiments';
import { expect, test } from 'vitest';
import { claimsOf } from '../src/claims.js';
import { ablationRows, rowsOf } from '../src/rows.js';
import { cannedRun } from './canned-runs.js';
import { tinyConfig, tinyWorld } from './tiny-config.js';

const config = tinyConfig(tinyWorld);
const setting = { config, splits: { dataset: 'synthetic world', weak: ['S', 'D'] as const, classes: ['water', 'road', 'crop'] } };
const rows = rowsOf('S', config.loss);
const { exp1, exp2 } = ablationRows(rows, config.loss);

test("the paper's differences are those of its tables", () => {
  const claims = claimsOf(setting, [rows.baseline, rows.stars, exp1, exp2]);
  const paperOf = (start: string): number => claims.find(({ text }) => text.startsWith(start))!.paper!;
  expect(paperOf('STARS above Baseline-SAR')).toBeCloseTo(33.04 - 23.45, 6);
  expect(paperOf('L_ncs: exp-1 above Baseline-SAR')).toBeCloseTo(7.26, 6);
  expect(paperOf('Translation: exp-2 above exp-1')).toBeCloseTo(0.46, 6);
  expect(paperOf('L_psc: STARS above exp-2')).toBeCloseTo(1.87, 6);
});

test('of rows that were not run nothing is told', () => {
  expect(claimsOf(setting, [rows.baseline])).toEqual([]);
});

test('are judged for both kinds of statistics, in points of mIoU', () => {
  const runs = [0, 1, 2].flatMap((seed) => [
    cannedRun('STARS', seed, { S: 0.5 + seed / 1000 }),
    cannedRun('Baseline-SAR', seed, { S: 0.45 }),
    cannedRun('exp-2', seed, { S: 0.52 }),
  ]);
  const judged = claimsOf(setting, [rows.baseline, rows.stars, exp2]).map((claim) => judge(claim, runs));
  const verdicts = Object.fromEntries(judged.map(({ text, verdict }) => [text, verdict]));
  expect(verdicts['STARS above Baseline-SAR; own']).toBe('held');
  expect(verdicts['STARS above Baseline-SAR; as trained']).toBe('held');
  expect(verdicts['L_psc: STARS above exp-2; own']).toBe('not held');
  const rare = judged.find(({ text }) => text.includes('rare classes'))!;
  expect(rare.differences[0].difference).toBeCloseTo(-2, 6); // of the class with the fewest pixels
});
