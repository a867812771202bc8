import { describe, expect, test } from 'vitest';
import { toMarkdown } from '@rs/report';
import { baselineRemovers, baselines as allBaselines, baselineSegmenters } from '../src/baselines.js';
import { residualAbove } from '../src/calibration-residual.js';
import { paper } from '../src/paper.js';
import { ablations } from '../src/rows.js';
import type { Complexity } from '../src/studies/complexity.js';
import type { Representation } from '../src/studies/representation.js';
import type { Studies } from '../src/studies/studies.js';
import { tables } from '../src/tables.js';
import type { Measured } from '../src/tables/paper-table.js';
import { finished } from './finished.js';

const cost: Complexity = {
  label: 'EDC',
  parameters: 108_355_886,
  macs: 10.7435e9,
  side: 160,
  batch: 4,
  latency: 500,
  throughput: 2.5,
  engine: 'test on a processor',
  cores: 2,
  load: 0.5,
  parts: [],
};
const features: Representation = {
  tiles: 2,
  positions: 8,
  erank: 5,
  nerank: 0.5,
  sparsity: 0.1,
  channels: 16,
  CKA: 0.9,
  singularValues: [1, 0.5],
};
const studies = {
  complexity: ({ label }: { label: string }) => Promise.resolve({ ...cost, label }),
  size: ({ label }: { label: string }) => Promise.resolve({ label, parameters: 66_563_982, macs: 5.5778e9, side: 160 }),
  representation: () => Promise.resolve([{ seed: 0, study: features }]),
} as unknown as Studies;

const measured: Measured = {
  runs: ablations.flatMap(({ label }) => [
    finished(label, 0, label === 'EDC' ? 0.6 : 0.5),
    finished(label, 1, label === 'EDC' ? 0.7 : 0.5),
  ]),
  baselines: [],
  removals: [],
  studies,
  cloudyFloor: { SSIM: 0.4, PSNR: 12, MAE: 0.17 },
  dataset: 'M3M-CR',
  reference: undefined,
  provenance: { data: 'two test patches', scale: 'tiny', engine: 'test', seeds: [0, 1] },
  footnotes: [],
};

test('Table I has every printed row, and reproduced ones in percent with their spread', async () => {
  const table = await tables[1].build(measured);
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

test('Table II stands above its own floor: the cloudy image itself', async () => {
  const { rows } = await tables[2].build(measured);
  expect(rows.at(-1)).toMatchObject({ label: 'the cloudy image itself', source: 'reproduced', cells: [0.4, 12, 17] });
});

test('a printed table says what was measured on what', async () => {
  expect(toMarkdown(await tables[1].build(measured))).toContain('two test patches');
});

test('Table III has the seven rows of both sides, and differences to EDC seed by seed', async () => {
  const { rows } = await tables[3].build(measured);
  const of = (source: string) => rows.filter((row) => row.source === source);
  expect(of('paper').map(({ label }) => label).sort()).toEqual(ablations.map(({ label }) => label).sort()); // prettier-ignore
  expect(of('reproduced')).toHaveLength(7);
  expect(of('paper').find(({ label }) => label === 'EDC-naive')?.cells[2]).toBeCloseTo(-2.19, 6);
  expect(of('reproduced').find(({ label }) => label === 'w/o DCGD')?.cells[2]).toMatchObject({ mean: expect.closeTo(-15, 6) as number });
});

test('Table IV tells the measured costs with engine, device, batch and precision', async () => {
  const table = await tables[4].build(measured);
  expect(table.rows.filter(({ source }) => source === 'reproduced').map(({ label }) => label)).toEqual([
    "EDC, the paper's size",
    "EDC*, the paper's size",
    "EDC-naive, the paper's size",
    "w/o DCHF, the paper's size",
    ...allBaselines.map(({ label }) => `${label}, as published`),
    'EDC, trained here',
    'EDC*, trained here',
  ]);
  const text = toMarkdown(table);
  expect(text).not.toContain('BESIDE OTHER PROGRAMS');
  const CMX = table.rows.find(({ label }) => label === 'CMX, as published')?.cells;
  expect(CMX).toEqual([expect.closeTo(66.564, 3), expect.closeTo(-0.006, 3), expect.closeTo(5.578, 3), expect.closeTo(-0.002, 3), null, null, null]); // prettier-ignore
  expect(table.rows.find(({ label }) => label === 'HS2P, as published')?.cells[1]).toBeNull(); // the paper prints no count
  for (const said of ['float32', 'a processor, 2 cores', 'batches of 4', '46.7 % fewer', 'quoted, not checked'])
    expect(text).toContain(said);
});

test('Table IV says when its times were taken beside other programs', async () => {
  const complexity = ({ label }: { label: string }) => Promise.resolve({ ...cost, label, load: label === 'EDC-naive' ? 11.4 : 1 });
  const busy = { ...measured, studies: { ...studies, complexity } as unknown as Studies };
  expect(toMarkdown(await tables[4].build(busy))).toContain('11 were at work on 2 cores when EDC-naive was timed');
});

describe('with baselines', () => {
  const quality = { SSIM: 0.7, PSNR: 24, MAE: 0.04 };
  const [remover] = baselineRemovers;
  const compared: Measured = {
    ...measured,
    baselines: baselineSegmenters,
    runs: [...baselineSegmenters.map(({ label }) => finished(label, 0, 0.55)), ...measured.runs],
    removals: [{ ...finished(remover.label, 0, 0), evaluation: { patches: 2, quality } }],
  };
  const reproduced = async (number: number): Promise<string[]> =>
    (await tables[number].build(compared)).rows.filter(({ source }) => source === 'reproduced').map(({ label }) => label);

  test('they stand above EDC in Tables I, II and VI', async () => {
    const labels = baselineSegmenters.map(({ label }) => label);
    expect(await reproduced(1)).toEqual([...labels, 'EDC*', 'EDC']);
    expect(await reproduced(2)).toEqual(['HS2P', 'CloudSeg', 'EDC', 'the cloudy image itself']);
    expect((await reproduced(6)).slice(0, 6)).toEqual(labels);
  });

  test('tables say how they were made: parameters, losses, rate', async () => {
    const one = toMarkdown(await tables[1].build(compared));
    for (const said of ['CMX 66.56 M', 'the rate was chosen for EDC*', 'cross-entropy', 'a CloudSeg that sees no clouds'])
      expect(one).toContain(said);
    expect(one).not.toContain('eq. (8)');
    expect(toMarkdown(await tables[2].build(compared))).toContain("that of EDC's reconstruction, eq. (8), at a rate of at most 0.001");
  });

  test('those that were trained are timed for Table IV', async () => {
    const { rows } = await tables[4].build(compared);
    expect(rows.find(({ label }) => label === 'CMX, trained here')?.cells.at(-1)).toBeCloseTo(55, 10);
    expect(rows.find(({ label }) => label === 'CMX, as published')?.cells[5]).toBe(500);
    expect(rows.find(({ label }) => label === 'HS2P, as published')?.cells[5]).toBeNull();
  });
});

test('Tables V and VI', async () => {
  const five = await tables[5].build(measured);
  expect(five.rows.at(-1)?.cells).toEqual([5, 0.5, 0.1, 16, 0.9]);
  const six = await tables[6].build(measured);
  const [all, , , residual] = six.rows.at(-1)?.cells as unknown as { mean: number }[];
  expect(all.mean).toBeCloseTo(0.01, 10);
  expect(residual.mean).toBeCloseTo(-0.1, 10);
  expect(residualAbove(0.95, measured.runs[0].evaluation.segmentation.all.calibration)).toBeNaN();
});

test("WHU-OPT-SAR stands beside the paper's figures of WHU-OPT-SAR", async () => {
  for (const number of [1, 2, 3, 4]) {
    const { title, rows } = await tables[number].build({ ...measured, dataset: 'WHU-OPT-SAR' });
    expect(title).toContain('WHU-OPT-SAR');
    const printed = rows.find(({ label, source }) => label === 'EDC' && source === 'paper')?.cells;
    expect(printed).toContain(number === 2 ? 30.01 : 49.58);
  }
});

test('reference values stand beside ours where there are any, with a mark outside two spreads', async () => {
  const reference = {
    source: 'another implementation',
    segmentation: { EDC: { all: { mean: 65, spread: 1 }, cloudFree: { mean: 67, spread: 1 }, cloudy: { mean: 50, spread: 1 } } },
    ECE: { EDC: { all: { mean: 0.01, spread: 0.001 }, cloudy: { mean: 0.01, spread: 0.001 } } },
    quality: { EDC: { PSNR: { mean: 25.5, spread: 0.1 }, MAE: { mean: 3.5, spread: 0.1 } } },
  };
  const { rows, columns } = await tables[1].build({ ...measured, reference });
  expect(columns).toHaveLength(12);
  expect(rows.at(-1)?.cells.filter((cell) => cell === 'within' || cell === 'outside')).toEqual(['within', 'within', 'outside']);
  expect((await tables[2].build({ ...measured, reference })).rows.at(-2)?.cells).toContain('outside');
  for (const number of [3, 6]) expect(toMarkdown(await tables[number].build({ ...measured, reference }))).toContain('within');
  expect(paper.tableVI.rows[0].all).toBe(0.0046);
});
