import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { exitCodeOf, Interrupted, type Reporter, type Reproduced, type ReproduceOptions } from '@rs/experiments';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Config } from '../src/config.js';
import { reproduce } from '../src/reproduce.js';
import { rowsOf } from '../src/rows.js';
import { finishedRow } from '../src/runs.js';
import { openWorld } from '../src/world.js';
import { temporaryFolder } from './temporary-folder.js';
import { tinyConfig, tinyWorld } from './tiny-config.js';

const root = temporaryFolder();
const silent: Reporter = { stage() {}, progress() {}, note() {} };
const config = tinyConfig(tinyWorld);

const options = (out: string, changes: Partial<ReproduceOptions<Config>> = {}): ReproduceOptions<Config> => ({
  config,
  seeds: [0],
  tables: [1],
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
const reproduced = ({ tables }: Reproduced, title: RegExp): readonly (readonly unknown[])[] =>
  tables
    .find((table) => title.test(table.title))!
    .rows.filter(({ source }) => source === 'reproduced')
    .map(({ label, cells }) => [label, ...cells]);

describe('a tiny world from files to tables', () => {
  const out = newFolder();
  let built: Reproduced;
  let leaked: number;
  beforeAll(async () => {
    const before = tf.memory().numTensors;
    built = await reproduce(options(out));
    leaked = tf.memory().numTensors - before;
  }, 120_000);

  test('keeps no tensor', () => expect(leaked).toBe(0));

  test('Table 1 holds every baseline and every branch of STARS, with finite scores', () => {
    const rows = reproduced(built, /^Table 1: /);
    expect(rows.map(([label, train, tested]) => [label, train, tested])).toEqual([
      ['Baseline (Concat)', 'S+O', 'S+O'],
      ['Baseline-OPT', 'O', 'O'],
      ['Baseline-SAR', 'S', 'S'],
      ['Fine-tuning', 'O, then S', 'S'],
      ['STARS', 'S+O', 'S'],
      ['STARS, tested on O', 'S+O', 'O'],
      ['STARS, tested on S+O', 'S+O', 'S+O'],
      ['Baseline (Concat) (height)', 'D+O', 'D+O'],
      ['Baseline-DSM', 'D', 'D'],
      ['Fine-tuning (height)', 'D, then O', 'O'],
      ['STARS (height)', 'D+O', 'O'],
      ['STARS (height), tested on D', 'D+O', 'D'],
      ['STARS (height), tested on D+O', 'D+O', 'D+O'],
    ]);
    for (const [label, , , running, own, f1] of rows) {
      expect([running, f1].every(Number.isFinite)).toBe(true);
      expect(own === null).toBe(/^STARS.*\+O$/.test(label as string)); // one layer serves both sensors
    }
  });

  test('leaves config, tables, weights and figures in the folder, and no checkpoints', () => {
    for (const table of ['table-1', 'table-1-classes', 'claims'])
      for (const extension of ['md', 'csv', 'json', 'txt']) expect(existsSync(path.join(built.folder, `${table}.${extension}`))).toBe(true);
    expect(readdirSync(path.join(built.folder, 'stars', 'seed-0')).sort()).toEqual(['alignment', 'result.json', 'weights.safetensors']);
    expect(readdirSync(path.join(built.folder, 'stars', 'seed-0', 'alignment')).sort()).toEqual(['0.json', '2.json', '4.json']);
  });

  test('the report holds tables, maps, matrices, distributions and Grad-CAM, and loads nothing from elsewhere', () => {
    const html = readFileSync(built.report, 'utf8');
    for (const title of [
      'Table 1: ',
      'Claims of the paper',
      'STARS on scored tiles',
      'STARS, optical alone',
      'Mean cosine similarity of the shared features',
      'Collapse index, stage 3',
      'layer4, bn1.bias',
      'Parameters of the three encoders of STARS',
      'Grad-CAM of STARS, seed 0',
      'IoU by class, S at test',
      'STARS, seed 0',
    ])
      expect(html).toContain(title);
    expect(html.match(/(?:src|href)="(?!data:|#)[^"]*"/g)).toBeNull();
  });

  test('a second call takes what was finished', async () => {
    const stages: string[] = [];
    const again = await reproduce(options(out, { reporter: { ...silent, stage: (text) => stages.push(text) } }));
    expect(stages).toEqual(['Report']);
    expect(reproduced(again, /^Table 1: /)).toEqual(reproduced(built, /^Table 1: /));
  });

  test('an interrupted run goes on bit for bit', async () => {
    const row = rowsOf('S', config.loss).stars;
    const folder = newFolder();
    const splits = await openWorld(config.data as Parameters<typeof openWorld>[0], 0, path.join(folder, 'data'), silent);
    const place = { config, splits, seed: 0, folder, engine: 'test', reporter: silent, eager: true, quiet: false };
    const error = await interruptedAfter('STARS, ', 2, () => finishedRow(place, row));
    expect(error).toBeInstanceOf(Interrupted);
    await finishedRow({ ...place, quiet: true }, row);
    const weights = (of: string): Buffer => readFileSync(path.join(of, 'stars', 'seed-0', 'weights.safetensors'));
    expect(weights(folder).equals(weights(built.folder))).toBe(true);
  });
});

test.each([
  ['a table that there is not', { tables: [9] }, /there is no table 9; there are 1, 2, 3, 4, 5, 6, 7/],
  ['data beside the synthetic world', { dataRoot: '/nowhere' }, /--data is given, but config tiny is for the synthetic world/],
])('%s is wrong usage', async (_, changes, message) => {
  const error: unknown = await reproduce(options(newFolder(), changes)).catch((reason: unknown) => reason);
  expect((error as Error).message).toMatch(message);
  expect(exitCodeOf(error)).toBe(2);
});

test("a table of another data set than the config's is wrong usage", async () => {
  const potsdam = tinyConfig({ dataset: 'potsdam', crop: 32, tile: 32 });
  const error: unknown = await reproduce(options(newFolder(), { config: potsdam })).catch((reason: unknown) => reason);
  expect((error as Error).message).toBe('config tiny is for potsdam, of which there are tables 3; asked for 1');
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
