import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Interrupted, type Reproduced, type ReproduceOptions } from '@rs/experiments';
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
import { tinyConfig as config } from './tiny-config.js';

const root = temporaryFolder();
const options = (out: string, changes: Partial<ReproduceOptions<Config>> = {}): ReproduceOptions<Config> =>
  silentOptions({ config, tables: [1, 2], out, ...changes });
const newFolder = (): string => mkdtempSync(path.join(root, 'runs-'));
const trained = ['teacher', 'edc', 'edc-star'];

describe('a tiny world from files to tables', () => {
  const out = newFolder();
  let built: Reproduced;
  beforeAll(async () => {
    built = await leavingNoTensor(() => reproduce(options(out)));
  });

  test('reproduces the rows of Tables I and II with finite figures', () => {
    const [tableI, tableII, claims] = reproducedCells(built);
    expect(tableI.map(([label]) => label)).toEqual(['EDC*', 'EDC']);
    expect(tableII.map(([label]) => label)).toEqual(['EDC', 'the cloudy image itself']);
    for (const [, ...cells] of [...tableI, ...tableII]) expect(cells.every((cell) => Number.isFinite(cell))).toBe(true);
    expect(claims.map(([label]) => label)).toContain('EDC: clouds cost accuracy (mIoU, %)');
    for (const claim of claims) expect(claim.at(-1)).toBe('too few runs');
  });

  test('leaves config, tables, weights and figures in the folder, and no checkpoints', () => {
    expectTables(built.folder, ['table-1', 'table-2', 'claims']);
    for (const row of trained) expect(filesOf(built.folder, row)).toEqual(['result.json', 'weights.safetensors']);
    expect(readFileSync(path.join(built.folder, 'config.yaml'), 'utf8')).toContain('name: tiny');
  });

  test('the report holds tables, pictures and curves, and loads nothing from elsewhere', () => {
    expectReport(built.report, [
      'Table I: ',
      'Table II: ',
      'Claims of the paper',
      'EDC on scored scenes, from clear to overcast',
      'IoU by class',
      'teacher, seed 0',
      'EDC*, seed 0',
      'EDC, seed 0',
    ]);
  });

  test('a second call takes what was finished', async () => {
    const written = (): number[] => trained.map((row) => statSync(resultFile(built.folder, row)).mtimeMs);
    const before = written();
    const { reporter, stages } = recorder();
    const again = await reproduce(options(out, { reporter }));
    expect(stages).toEqual(['Report']);
    expect(written()).toEqual(before);
    expect(reproducedCells(again)).toEqual(reproducedCells(built));
  });

  test('the other tables and the figures: each row is trained once, each study made once', async () => {
    const { reporter, stages, notes } = recorder();
    const asked = { tables: [3, 5, 6], figures: [1, 4, 5, 6, 7], reporter };
    const before = tf.memory().numTensors;
    const all = await reproduce(options(out, asked));
    expect(tf.memory().numTensors).toBe(before);
    const rows = ['w/o DCHF', 'w/o DCGD', 'w/o Distillation', 'w/o Cloud Removal', 'EDC-naive'];
    expect(trainedRows(stages)).toEqual(rows.map((label) => `${label}, seed 0`));
    expect(notes.filter((text) => text.endsWith('representation'))).toHaveLength(3);
    const [three, five, six] = reproducedCells(all);
    expect([three, five, six].map((rows) => rows.length)).toEqual([7, 3, 4]);
    for (const [, ...cells] of five) expect(cells.every((cell) => Number.isFinite(cell))).toBe(true);
    const claims = reproducedCells(all)
      .at(-1)
      ?.map(([label]) => label);
    for (const text of ['All parts help', 'A is higher', 'Clouds move plain means', 'EDC uses more directions'])
      expect(claims).toContainEqual(expect.stringContaining(text));
    const html = readFileSync(all.report, 'utf8');
    for (const number of [1, 4, 5, 6, 7]) expect(html).toContain(`Figure ${number}`);
    expect(html).not.toMatch(/NaN<|undefined/);
    const again = recorder();
    expect(reproducedCells(await reproduce(options(out, { ...asked, reporter: again.reporter })))).toEqual(reproducedCells(all));
    expect(again.notes).toEqual([]);
  });

  test('another seed takes the teacher of the first, and the table gets a spread', async () => {
    const { reporter, stages } = recorder();
    const more = await reproduce(options(out, { seeds: [0, 1], tables: [2], reporter }));
    expect(trainedRows(stages)).toEqual(['EDC, seed 1']);
    expect(reproducedCells(more)[0][0][2]).toEqual({ mean: expect.any(Number), spread: expect.any(Number) });
  });

  test('other methods are run beside, where they are asked for, and kept', async () => {
    const asked = { tables: [1, 2], baselines: ['CloudSeg', 'HS2P'] };
    const { reporter, stages } = recorder();
    const before = tf.memory().numTensors;
    const beside = await reproduce(options(out, { ...asked, reporter }));
    expect(tf.memory().numTensors).toBe(before);
    expect(trainedRows(stages)).toEqual(['teacher CloudSeg', 'CloudSeg', 'HS2P'].map((label) => `${label}, seed 0`));
    const [one, two, claims] = reproducedCells(beside);
    expect(one.map(([label]) => label)).toEqual(['CloudSeg', 'EDC*', 'EDC']);
    expect(two.map(([label]) => label)).toEqual(['HS2P', 'CloudSeg', 'EDC', 'the cloudy image itself']);
    expect([...one, ...two].flatMap(([, ...cells]) => cells).every(Number.isFinite)).toBe(true);
    for (const text of ['EDC beats CloudSeg under clouds', 'EDC removes clouds better than HS2P'])
      expect(claims.map(([label]) => label)).toContainEqual(expect.stringContaining(text));
    expectReport(beside.report, ['teacher CloudSeg, seed 0', 'HS2P, seed 0', 'Validation PSNR']);
    const again = recorder();
    expect(reproducedCells(await reproduce(options(out, { ...asked, reporter: again.reporter })))).toEqual(reproducedCells(beside));
    expect(again.stages).toEqual(['Report']);
  });

  test('an interrupted run ends with exit code 130 and goes on bit for bit', async () => {
    const other = newFolder();
    for (const label of ['teacher', 'EDC']) {
      const error = await interruptedAfter(`${label}, `, 2, () => reproduce(options(other, { tables: [2], quiet: false })));
      expect(error).toBeInstanceOf(Interrupted);
      expect(await told(Promise.reject(error as Error))).toEqual({
        code: 130,
        message: `interrupted at step 2 of ${label}; the same command goes on from there`,
      });
    }
    const resumed = await reproduce(options(other, { tables: [2] }));
    expect(reproducedCells(resumed)[0]).toEqual(reproducedCells(built)[1]);
    for (const row of ['teacher', 'edc']) expect(weightsOf(resumed.folder, row).equals(weightsOf(built.folder, row))).toBe(true);
  });

  test('--fresh begins again', async () => {
    const { reporter, stages } = recorder();
    const small: Config = { ...config, training: { ...config.training, teacher: { steps: 1 }, student: { steps: 1 }, keep: 'last' } };
    const one = options(newFolder(), { config: small, tables: [2] });
    const first = await reproduce(one);
    expect(first.folder).not.toBe(built.folder); // another config, another folder
    await reproduce({ ...one, fresh: true, reporter });
    expect(trainedRows(stages)).toEqual(['teacher, seed 0', 'EDC, seed 0']);
  });
});

test.each([
  ['a table that there is not', { tables: [9] }, /there is no table 9; there are 1, 2/],
  ['a figure that there is not', { figures: [9] }, /there is no figure 9; there are 1, 2/],
  ['a baseline that there is not', { baselines: ['UNet'] }, /there is no baseline UNet; there are DCSA-Net, .*GLF-CR/],
  [
    'a baseline in a table without',
    { tables: [3, 5], baselines: ['CMX'] },
    /CMX: not in what is asked for; .* tables 1, 4, 6 and figures 1, 7, .* table 2/,
  ],
  ['a baseline of another task', { tables: [1], baselines: ['HS2P'] }, /HS2P: not in what is asked for/],
  ['data beside the synthetic world', { dataRoot: '/nowhere' }, /--data is given, but config tiny is for the synthetic world/],
])('%s is wrong usage', async (_, changes, message) => {
  expect(await told(reproduce(options(newFolder(), changes)))).toEqual({ code: 2, message: expect.stringMatching(message) });
});
