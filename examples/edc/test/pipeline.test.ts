import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { exitCodeOf, Interrupted, type Reporter, type Reproduced, type ReproduceOptions } from '@rs/experiments';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Config } from '../src/config.js';
import { reproduce } from '../src/reproduce.js';
import { temporaryFolder } from './temporary-folder.js';
import { tinyConfig as config } from './tiny-config.js';

const root = temporaryFolder();
const silent: Reporter = { stage() {}, progress() {}, note() {} };

const options = (out: string, changes: Partial<ReproduceOptions<Config>> = {}): ReproduceOptions<Config> => ({
  config,
  seeds: [0],
  tables: [1, 2],
  figures: [],
  out,
  fresh: false,
  engine: 'test',
  reporter: silent,
  eager: true,
  quiet: true,
  ...changes,
});
const newFolder = (): string => mkdtempSync(path.join(root, 'runs-'));
const reproducedCells = ({ tables }: Reproduced) =>
  tables.map(({ rows }) => rows.filter(({ source }) => source === 'reproduced').map(({ label, cells }) => [label, ...cells]));

describe('a tiny world from files to tables', () => {
  const out = newFolder();
  let built: Reproduced;
  let leaked: number;
  beforeAll(async () => {
    const before = tf.memory().numTensors;
    built = await reproduce(options(out));
    leaked = tf.memory().numTensors - before;
  });

  test('keeps no tensor', () => expect(leaked).toBe(0));

  test('reproduces the rows of Tables I and II with finite figures', () => {
    const [tableI, tableII, claims] = reproducedCells(built);
    expect(tableI.map(([label]) => label)).toEqual(['EDC*', 'EDC']);
    expect(tableII.map(([label]) => label)).toEqual(['EDC', 'the cloudy image itself']);
    for (const [, ...cells] of [...tableI, ...tableII]) expect(cells.every((cell) => Number.isFinite(cell))).toBe(true);
    expect(claims.map(([label]) => label)).toContain('EDC: clouds cost accuracy (mIoU, %)');
    for (const claim of claims) expect(claim.at(-1)).toBe('too few runs');
  });

  test('leaves config, tables, weights and figures in the folder, and no checkpoints', () => {
    for (const table of ['table-1', 'table-2', 'claims'])
      for (const extension of ['md', 'csv', 'json', 'txt']) expect(existsSync(path.join(built.folder, `${table}.${extension}`))).toBe(true);
    for (const row of ['teacher', 'edc', 'edc-star'])
      expect(readdirSync(path.join(built.folder, row, 'seed-0')).sort()).toEqual(['result.json', 'weights.safetensors']);
    expect(readFileSync(path.join(built.folder, 'config.yaml'), 'utf8')).toContain('name: tiny');
  });

  test('the report holds tables, pictures and curves, and loads nothing from elsewhere', () => {
    const html = readFileSync(built.report, 'utf8');
    for (const title of [
      'Table I: ',
      'Table II: ',
      'Claims of the paper',
      'EDC on scored scenes, from clear to overcast',
      'IoU by class',
      'teacher, seed 0',
      'EDC*, seed 0',
      'EDC, seed 0',
    ])
      expect(html).toContain(title);
    expect(html.match(/(?:src|href)="(?!data:|#)[^"]*"/g)).toBeNull();
    expect(html.match(/https?:\/\/(?!www\.w3\.org\/)[^"<\s]*/g)).toBeNull(); // w3.org: the name of the SVG language, which nothing loads
  });

  test('a second call takes what was finished', async () => {
    const files = ['teacher', 'edc', 'edc-star'].map((row) => path.join(built.folder, row, 'seed-0', 'result.json'));
    const written = files.map((file) => statSync(file).mtimeMs);
    const stages: string[] = [];
    const again = await reproduce(options(out, { reporter: { ...silent, stage: (text) => stages.push(text) } }));
    expect(stages).toEqual(['Report']);
    expect(files.map((file) => statSync(file).mtimeMs)).toEqual(written);
    expect(reproducedCells(again)).toEqual(reproducedCells(built));
  });

  test('the other tables and the figures: each row is trained once, each study made once', async () => {
    const stages: string[] = [];
    const notes: string[] = [];
    const reporter = { ...silent, stage: (text: string) => stages.push(text), note: (text: string) => notes.push(text) };
    const asked = { tables: [3, 5, 6], figures: [1, 4, 5, 6, 7], reporter };
    const before = tf.memory().numTensors;
    const all = await reproduce(options(out, asked));
    expect(tf.memory().numTensors).toBe(before);
    expect(stages.filter((text) => text.includes('training')).map((text) => text.split(',')[0])).toEqual([
      'w/o DCHF',
      'w/o DCGD',
      'w/o Distillation',
      'w/o Cloud Removal',
      'EDC-naive',
    ]);
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
    notes.length = 0;
    expect(reproducedCells(await reproduce(options(out, asked)))).toEqual(reproducedCells(all));
    expect(notes).toEqual([]);
  });

  test('another seed takes the teacher of the first, and the table gets a spread', async () => {
    const stages: string[] = [];
    const more = await reproduce(options(out, { seeds: [0, 1], tables: [2], reporter: { ...silent, stage: (text) => stages.push(text) } }));
    expect(stages.filter((text) => text.includes('training'))).toEqual(['EDC, seed 1: training']);
    expect(reproducedCells(more)[0][0][2]).toEqual({ mean: expect.any(Number), spread: expect.any(Number) });
  });

  test('an interrupted run ends with exit code 130 and goes on bit for bit', async () => {
    const other = newFolder();
    for (const label of ['teacher', 'EDC']) {
      const error = await interruptedAfter(`${label}, `, 2, () => reproduce(options(other, { quiet: false })));
      expect(error).toBeInstanceOf(Interrupted);
      expect((error as Error).message).toBe(`interrupted at step 2 of ${label}; the same command goes on from there`);
      expect(exitCodeOf(error)).toBe(130);
    }
    const resumed = await reproduce(options(other));
    expect(reproducedCells(resumed)).toEqual(reproducedCells(built));
    for (const row of ['teacher', 'edc', 'edc-star']) {
      const weights = ({ folder }: Reproduced): Buffer => readFileSync(path.join(folder, row, 'seed-0', 'weights.safetensors'));
      expect(weights(resumed).equals(weights(built))).toBe(true);
    }
  });

  test('--fresh begins again', async () => {
    const stages: string[] = [];
    const small: Config = { ...config, training: { ...config.training, student: { steps: 1 }, keep: 'last' } };
    const one = options(newFolder(), { config: small, tables: [1] });
    const first = await reproduce({ ...one, tables: [2] });
    expect(first.folder).not.toBe(built.folder); // another config, another folder
    await reproduce({ ...one, tables: [2], fresh: true, reporter: { ...silent, stage: (text) => stages.push(text) } });
    expect(stages.filter((text) => text.includes('training'))).toEqual(['teacher, seed 0: training', 'EDC, seed 0: training']);
  });
});

test.each([
  ['a table that there is not', { tables: [9] }, /there is no table 9; there are 1, 2/],
  ['a figure that there is not', { figures: [9] }, /there is no figure 9; there are 1, 2/],
  ['data beside the synthetic world', { dataRoot: '/nowhere' }, /--data is given, but config tiny is for the synthetic world/],
])('%s is wrong usage', async (_, changes, message) => {
  const error: unknown = await reproduce(options(newFolder(), changes)).catch((reason: unknown) => reason);
  expect((error as Error).message).toMatch(message);
  expect(exitCodeOf(error)).toBe(2);
});

/** What `work` throws when SIGINT comes with the line of progress of step `step` of the training that `label` begins. */
async function interruptedAfter(label: string, step: number, work: () => Promise<unknown>): Promise<unknown> {
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    if (String(text).startsWith(label) && String(text).includes(` ${step}/`)) process.emit('SIGINT');
    return true;
  });
  try {
    return await work().catch((error: unknown) => error);
  } finally {
    write.mockRestore();
  }
}
