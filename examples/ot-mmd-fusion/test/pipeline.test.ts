import { mkdtempSync, statSync } from 'node:fs';
import path from 'node:path';
import { writeVaihingen } from '@rs/datasets';
import { exitCodeOf, Interrupted, type Reproduced, type ReproduceOptions } from '@rs/experiments';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  expectReport,
  expectTables,
  filesOf,
  interruptedAfter,
  leavingNoTensor,
  recorder,
  reproducedCells,
  resultFile,
  silentOptions,
  told,
  trainedRows,
  weightsOf,
} from '../../../packages/experiments/test/app-testing.js';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';
import type { Config } from '../src/config.js';
import { reproduce } from '../src/reproduce.js';
import { tinyConfig } from './tiny-config.js';

const root = temporaryFolder();
const options = (out: string, changes: Partial<ReproduceOptions<Config>> = {}): ReproduceOptions<Config> =>
  silentOptions({ config: tinyConfig(), tables: [1], out, ...changes });
const newFolder = (): string => mkdtempSync(path.join(root, 'runs-'));

describe('a tiny world from scenes to tables', () => {
  const out = newFolder();
  let built: Reproduced;
  beforeAll(async () => {
    built = await leavingNoTensor(() => reproduce(options(out)));
  });

  test('trains all variants on both pairs of sensors, with finite figures', () => {
    const [variants, , sar] = reproducedCells(built);
    expect(variants.map(([label]) => label)).toEqual(['A', 'A0', 'A1', 'A2', 'A3']);
    expect(sar.map(([label]) => label)).toEqual(['A', 'A0', 'A1', 'A2', 'A3'].map((name) => `${name} optical + SAR`));
    for (const [, ...cells] of [...variants, ...sar]) expect(cells.every((cell) => Number.isFinite(cell))).toBe(true);
  });

  test("prints the paper's expected figures beside them, and the cost of each variant", () => {
    const titles = built.tables.map(({ title }) => title);
    expect(titles[0]).toMatch(/^Table of section 4.3/);
    const printed = built.tables[0].rows.filter(({ source }) => source === 'paper');
    expect(printed.map(({ cells }) => cells[0])).toEqual([
      83.5,
      ...[84.4, 85.1, 85.8, 86].map((mean, i) => ({ mean, spread: [0.3, 0.4, 0.4, 0.3][i] })),
    ]);
    const costs = built.tables.find(({ title }) => title.startsWith('Section 4.4'))!;
    expect(costs.rows.map(({ label }) => label)).toEqual(['the block (reference not named)', 'A', 'A0', 'A1', 'A2', 'A3']);
    const flops = costs.rows.slice(1).map(({ cells }) => cells[4] as number);
    expect(flops[2]).toBe(flops[1]); // MMD costs nothing in evaluation
    expect(flops[4]).toBeGreaterThan(flops[3]);
  });

  test('claims have no verdict from one seed', () => {
    const claims = built.tables.at(-1)!;
    expect(claims.rows.length).toBeGreaterThan(15);
    for (const { cells } of claims.rows) expect(cells.at(-1)).toBe('too few runs');
  });

  test('leaves config, tables, weights and figures in the folder, and no checkpoints', () => {
    const ofTable1 = ['table-1', 'table-1-classes', 'table-1-optical-sar', 'table-1-transport'];
    expectTables(built.folder, [...ofTable1, 'table-2', 'table-2-growth', 'claims']);
    for (const row of ['a', 'a3', 'a2-optical-plus-sar'])
      expect(filesOf(built.folder, row)).toEqual(['result.json', 'weights.safetensors']);
  });

  test('the report holds tables, maps, transport plans, MMD and frequencies, and loads nothing from elsewhere', () => {
    expectReport(built.report, [
      'Table of section 4.3',
      'Scored scenes',
      'A1 untrained, stage 1: partners',
      'A2, stage 2: partners',
      'MMD of each stage',
      'first two principal',
      'What the decoder sharpens',
      'A3, seed 0: loss',
    ]);
  });

  test('a second call takes what was finished', async () => {
    const files = ['a', 'a1', 'a3-optical-plus-sar'].map((row) => resultFile(built.folder, row));
    const written = files.map((file) => statSync(file).mtimeMs);
    const { reporter, stages } = recorder();
    const again = await reproduce(options(out, { reporter }));
    expect(stages).toEqual(['Report']);
    expect(files.map((file) => statSync(file).mtimeMs)).toEqual(written);
    expect(reproducedCells(again)).toEqual(reproducedCells(built));
  });

  test('sensitivity and controls take A1 and A2 from table 1 and train the rest', async () => {
    const { reporter, stages } = recorder();
    const rebuilt = await reproduce(options(out, { tables: [3, 4], reporter }));
    const trained = ['A1 lambda 0', 'A1 bandwidth 2', 'A2 forward scan alone', 'A2 bilinear decoder'];
    expect(trainedRows(stages)).toEqual(trained.map((label) => `${label}, seed 0`));
    const [sensitivity, controls] = reproducedCells(rebuilt);
    expect(sensitivity.map(([label]) => label)).toEqual(['lambda 0', 'lambda 0.1', 'bandwidth 1 x mean rule', 'bandwidth 2 x mean rule']);
    expect(sensitivity[1].slice(1)).toEqual(sensitivity[2].slice(1)); // both are A1
    expect(controls.map(([label]) => label)).toEqual(['A2', 'A2 forward scan alone', 'A2 bilinear decoder']);
  });

  test('an interrupted run ends with exit code 130 and goes on bit for bit', async () => {
    const other = newFolder();
    const one = { config: tinyConfig({ sensitivity: { variant: 'A1', lambdas: [0.1], scales: [1] } }), tables: [3] };
    const error = await interruptedAfter('A1, ', 2, () => reproduce(options(other, { ...one, quiet: false })));
    expect(error).toBeInstanceOf(Interrupted);
    expect(exitCodeOf(error)).toBe(130);
    const { folder } = await reproduce(options(other, one));
    expect(weightsOf(folder, 'a1').equals(weightsOf(built.folder, 'a1'))).toBe(true);
  });
});

test('table 2 trains nothing', async () => {
  const { reporter, stages } = recorder();
  const { tables } = await reproduce(options(newFolder(), { tables: [2], reporter }));
  expect(stages).toEqual(['Efficiency: variants on 32x32 images', 'Efficiency: fusion of 16, 64 tokens']);
  expect(tables.map(({ title }) => title)).toEqual([
    'Section 4.4: cost of the variants',
    'Processor time by the number of tokens, batch 1, 96 features',
  ]);
});

test('tiles of ISPRS Vaihingen: those that are there, random flipped windows, eroded labels, water left out of the means', async () => {
  const folder = path.join(root, 'vaihingen');
  await writeVaihingen({ seed: 1, root: folder, split: 'train', count: 2, size: 48 });
  await writeVaihingen({ seed: 2, root: folder, split: 'test', count: 1, size: 48 });
  const { training } = tinyConfig();
  const config = tinyConfig({
    name: 'tiles',
    data: { dataset: 'vaihingen', window: 32, stride: 16 },
    training: { ...training, rule: { name: 'sgd', momentum: 0.9 }, schedule: { name: 'steps', milestones: [2] }, flips: true },
    sensitivity: { variant: 'A1', lambdas: [0.1], scales: [1] },
  });
  const { tables } = await reproduce(options(newFolder(), { config, dataRoot: folder, tables: [3] }));
  expect(tables[0].provenance?.data).toMatch(/ISPRS vaihingen, 2 of 12 training tiles, scored on 1 of 4 test tiles/);
  const [rows] = reproducedCells({ tables });
  expect(rows.map(([label]) => label)).toEqual(['lambda 0.1', 'bandwidth 1 x mean rule']);
  for (const [, mIoU, OA] of rows) expect(Number(mIoU)).toBeLessThanOrEqual(Number(OA));
});

test.each([
  ['a table that there is not', { tables: [9] }, /there is no table 9; there are 1, 2, 3, 4/],
  ['data beside the synthetic world', { dataRoot: '/nowhere' }, /--data is given, but config tiny is for the synthetic world/],
  [
    'a data set without its folder',
    { config: tinyConfig({ data: { dataset: 'potsdam', window: 32, stride: 32 } }) },
    /needs --data, a folder in the layout of ISPRS potsdam/,
  ],
])('%s is wrong usage', async (_, changes, message) => {
  expect(await told(reproduce(options(newFolder(), changes)))).toEqual({ code: 2, message: expect.stringMatching(message) });
});
