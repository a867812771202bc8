import { expect, test } from 'vitest';
import { toMarkdown } from '@rs/report';
import type { RunResult } from '../src/runs.js';
import { tables, type Measured } from '../src/tables.js';

const figures = (mIoU: number) => ({ mIoU, mPA: mIoU + 0.1, mF1: mIoU, OA: mIoU, ECE: 0.01, perClassIoU: [mIoU], perClassF1: [mIoU] });
const run = (label: string, seed: number, mIoU: number): RunResult => ({
  label,
  seed,
  evaluation: {
    patches: 2,
    segmentation: { all: figures(mIoU), cloudFree: figures(mIoU + 0.02), cloudy: figures(mIoU - 0.02) },
    quality: { SSIM: 0.6, PSNR: 25, MAE: 0.035 },
  },
  steps: 1,
  scoredStep: 1,
  seconds: 1,
  engine: 'test',
  curves: {},
  validation: [],
});
const measured: Measured = {
  runs: [run('EDC*', 0, 0.5), run('EDC', 0, 0.6), run('EDC', 1, 0.7)],
  cloudyFloor: { SSIM: 0.4, PSNR: 12, MAE: 0.17 },
  provenance: { data: 'two test patches', scale: 'tiny', engine: 'test', seeds: [0, 1] },
  footnotes: [],
};

test('Table I has every printed row, and reproduced ones in percent with their spread', () => {
  const table = tables[1].build(measured);
  expect(table.rows.filter(({ source }) => source === 'quoted').map(({ label }) => label)).toEqual([
    'DCSA-Net',
    'AMM-FuseNet',
    'MCANet',
    'FTransUNet',
    'CMX',
    'CloudSeg',
  ]);
  expect(table.rows.find(({ label, source }) => label === 'EDC' && source === 'paper')?.cells.slice(0, 2)).toEqual([68.33, 54.2]);
  const reproduced = table.rows.find(({ label, source }) => label === 'EDC' && source === 'reproduced');
  const mIoU = reproduced?.cells[1] as { mean: number; spread: number };
  expect(mIoU.mean).toBeCloseTo(65, 10);
  expect(mIoU.spread).toBeCloseTo(Math.sqrt(50), 10); // sample standard deviation of 60 and 70
});

test('Table II stands above its own floor: the cloudy image itself', () => {
  const { rows } = tables[2].build(measured);
  expect(rows.at(-1)).toMatchObject({ label: 'the cloudy image itself', source: 'reproduced', cells: [0.4, 12, 17] });
});

test('a printed table says what was measured on what', () => {
  expect(toMarkdown(tables[1].build(measured))).toContain('two test patches');
});
