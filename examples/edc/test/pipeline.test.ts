import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { exitCodeOf, Interrupted, type Reporter, type Reproduced, type ReproduceOptions } from '@rs/experiments';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { checkConfig, type Config } from '../src/config.js';
import { reproduce } from '../src/reproduce.js';
import { temporaryFolder } from './temporary-folder.js';

const root = temporaryFolder();
const silent: Reporter = { stage() {}, progress() {}, note() {} };

const config = checkConfig(
  {
    name: 'tiny',
    data: {
      dataset: 'synthetic',
      crop: 32,
      train: { seed: 1, count: 4 },
      validation: { seed: 2, count: 2 },
      test: { seed: 3, count: 2 },
    },
    model: {
      decoderChannels: [8, 8, 4, 4],
      crHidden: 4,
      encoder: {
        dim: 4,
        inDim: 4,
        depths: [1, 1, 1, 1],
        numHeads: [1, 1, 2, 2],
        windowSize: [7, 7, 2, 2],
        ctSize: 1,
        mlpRatio: 2,
        hat: [false, false, true, false],
        dropPathRate: 0,
      },
    },
    training: {
      batchSize: 4,
      microBatch: 2,
      rate: 1e-3,
      weightDecay: 1e-4,
      warmup: 0,
      schedule: 'cosine',
      teacher: { steps: 3 },
      student: { steps: 4 },
      evaluateEvery: 2,
      keep: 'best',
    },
    loss: { beta: 1, gamma: 0.1, normalization: 'clearPixels' },
  },
  'tiny',
);

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
    expect(claims).toHaveLength(4);
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
      'EDC on scored scenes',
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
