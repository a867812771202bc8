import { mkdtempSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Interrupted, type Reproduced, type ReproduceOptions } from '@rs/experiments';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  expectReport,
  expectTables,
  filesOf,
  interruptedAfter,
  leavingNoTensor,
  recorder,
  silentOptions,
  told,
  weightsOf,
} from '../../../packages/experiments/test/app-testing.js';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';
import type { Config } from '../src/config.js';
import { reproduce } from '../src/reproduce.js';
import { rowsOf } from '../src/rows.js';
import { finishedRow } from '../src/runs.js';
import { openWorld } from '../src/world.js';
import { tinyConfig, tinyWorld } from './tiny-config.js';

const root = temporaryFolder();
const config = tinyConfig(tinyWorld);

const options = (out: string, changes: Partial<ReproduceOptions<Config>> = {}): ReproduceOptions<Config> =>
  silentOptions({ config, tables: [1], out, ...changes });
const newFolder = (): string => mkdtempSync(path.join(root, 'runs-'));
const reproduced = ({ tables }: Reproduced, title: RegExp): readonly (readonly unknown[])[] =>
  tables
    .find((table) => title.test(table.title))!
    .rows.filter(({ source }) => source === 'reproduced')
    .map(({ label, cells }) => [label, ...cells]);

describe('a tiny world from files to tables', () => {
  const out = newFolder();
  let built: Reproduced;
  beforeAll(async () => {
    built = await leavingNoTensor(() => reproduce(options(out)));
  }, 120_000);

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
    expectTables(built.folder, ['table-1', 'table-1-classes', 'claims']);
    expect(filesOf(built.folder, 'stars')).toEqual(['alignment', 'result.json', 'weights.safetensors']);
    expect(readdirSync(path.join(built.folder, 'stars', 'seed-0', 'alignment')).sort()).toEqual(['0.json', '2.json', '4.json']);
  });

  test('the report holds tables, maps, matrices, distributions and Grad-CAM, and loads nothing from elsewhere', () => {
    expectReport(built.report, [
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
    ]);
  });

  test('a second call takes what was finished', async () => {
    const { reporter, stages } = recorder();
    const again = await reproduce(options(out, { reporter }));
    expect(stages).toEqual(['Report']);
    expect(reproduced(again, /^Table 1: /)).toEqual(reproduced(built, /^Table 1: /));
  });

  test('an interrupted run goes on bit for bit', async () => {
    const row = rowsOf('S', config.loss).stars;
    const folder = newFolder();
    const { reporter, engine } = options(folder);
    const splits = await openWorld(config.data as Parameters<typeof openWorld>[0], 0, path.join(folder, 'data'), reporter);
    const place = { config, splits, seed: 0, folder, engine, reporter, eager: true, quiet: false };
    const error = await interruptedAfter('STARS, ', 2, () => finishedRow(place, row));
    expect(error).toBeInstanceOf(Interrupted);
    await finishedRow({ ...place, quiet: true }, row);
    expect(weightsOf(folder, 'stars').equals(weightsOf(built.folder, 'stars'))).toBe(true);
  });
});

test.each([
  ['a table that there is not', { tables: [9] }, /there is no table 9; there are 1, 2, 3, 4, 5, 6, 7/],
  ['data beside the synthetic world', { dataRoot: '/nowhere' }, /--data is given, but config tiny is for the synthetic world/],
])('%s is wrong usage', async (_, changes, message) => {
  expect(await told(reproduce(options(newFolder(), changes)))).toEqual({ code: 2, message: expect.stringMatching(message) });
});

test("a table of another data set than the config's is wrong usage", async () => {
  const potsdam = tinyConfig({ dataset: 'potsdam', crop: 32, tile: 32 });
  const message = 'config tiny is for potsdam, of which there are tables 3; asked for 1';
  expect(await told(reproduce(options(newFolder(), { config: potsdam })))).toEqual({ code: 2, message });
});
