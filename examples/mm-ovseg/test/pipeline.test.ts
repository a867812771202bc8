import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Reproduced, ReproduceOptions } from '@rs/experiments';
import { readImage } from '@rs/datasets';
import { readSafetensors } from '@rs/weights';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  expectReport,
  expectTables,
  filesOf,
  leavingNoTensor,
  recorder,
  silent,
  silentOptions,
  told,
  trainedRows,
  weightsOf,
} from '../../../packages/experiments/test/app-testing.js';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';
import type { Config } from '../src/config.js';
import { RunData } from '../src/data.js';
import { reproduce } from '../src/reproduce.js';
import { mmOvSeg } from '../src/rows.js';
import { measureStep } from '../src/step-cost.js';
import { segment } from '../src/segment.js';
import { tiny } from './tiny-config.js';

const root = temporaryFolder();
const options = (out: string, changes: Partial<ReproduceOptions<Config>> = {}): ReproduceOptions<Config> =>
  silentOptions({ config: tiny, tables: [3], out, ...changes });
const newFolder = (): string => mkdtempSync(path.join(root, 'runs-'));
const ofTable = ({ tables }: Reproduced, title: string) => tables.find((table) => table.title.startsWith(title))!;

describe('a tiny world from images and captions to tables', () => {
  const out = newFolder();
  let built: Reproduced;
  beforeAll(async () => {
    built = await leavingNoTensor(() => reproduce(options(out)));
  });

  test("Table 3 has the paper's three rows, four reproduced ones and the guess", () => {
    const { rows } = ofTable(built, 'Table 3: ');
    expect(rows.map(({ source }) => source)).toEqual(['paper', 'paper', 'paper', ...Array.from({ length: 5 }, () => 'reproduced')]);
    expect(rows.slice(0, 3).map(({ cells }) => cells[0])).toEqual([55, 64.1, 73.1]);
    for (const { cells } of rows.slice(3, 7)) expect(Number.isFinite(cells[1])).toBe(true);
  });

  test('figures of the reference implementation, of another size, do not stand beside ours', () => {
    expect(ofTable(built, 'Table 3 beside')).toBeUndefined();
    expect(ofTable(built, 'Pre-training').columns).toHaveLength(1);
  });

  test('every claim waits for three runs', () => {
    for (const { cells } of ofTable(built, 'Claims').rows) expect(cells.at(-1)).toBe('too few runs');
  });

  test('stage 2 moves neither DINO, token embeddings nor CLIP besides q and v; CMU moves the SAR encoder', async () => {
    const weights = (...names: string[]) => readSafetensors(path.join(built.folder, ...names, 'seed-0', 'weights.safetensors'));
    const [clip, dino, cmu, copy, model] = [await weights('clip'), await weights('dino'), await weights('cmu-infonce'), await weights('cmu-none'), await weights('cmu-plus-def')]; // prettier-ignore
    const changed = (prefix: string, before: typeof clip, strip = ''): string[] =>
      [...before.keys()].filter((name) => name.startsWith(strip)).filter((name) => String(before.get(name)!.data) !== String(model.get(prefix + name.slice(strip.length))?.data ?? before.get(name)!.data)); // prettier-ignore
    expect(changed('dino_model.', dino, 'dino.')).toEqual([]);
    expect(changed('dino_sarmodel.', cmu)).toEqual([]);
    expect(changed('dino_sarmodel.', copy).length).toBeGreaterThan(10);
    const moved = changed('sem_seg_head.predictor.clip_model.', clip);
    expect(moved.length).toBeGreaterThan(0);
    for (const name of moved) expect(name).toMatch(/\.attn\.[qv]_proj_weight$/);
  });

  test('finished models are studied: skies, sensors, stages, words, backscatter', () => {
    const titles = [
      'Clear sky, thin and thick',
      'Clouds and the two encoders',
      'Which stage tells',
      'Asked with other words',
      'Backscatter and IoU',
    ];
    for (const title of titles) {
      const { rows } = ofTable(built, title);
      for (const { label, cells } of rows) {
        const told = cells.filter((cell) => cell !== null);
        expect(told.some((cell) => Number.isFinite(cell)), `${title}: ${label}`).toBe(true); // prettier-ignore
      }
    }
    const claims = ofTable(built, 'Claims').rows.map(({ label }) => label);
    for (const text of ['Optical only fails under clouds', 'The share of SAR', "Thick clouds change DINO's", 'Water is the strongest', 'SAR helps water'])
      expect(claims.some((label) => label.startsWith(text)), text).toBe(true); // prettier-ignore
  });

  test('leaves config, tables, weights and figures in the folder, and no checkpoints', () => {
    expectTables(built.folder, ['table-3', 'claims', 'class-names', 'study-1']);
    for (const row of ['clip', 'dino', 'cmu-infonce', 'optical-only-clip', 'cmu-plus-def'])
      expect(filesOf(built.folder, row)).toEqual(['result.json', 'weights.safetensors']);
  });

  test('the report holds tables, maps, predictions and other words, and loads nothing from elsewhere', () => {
    expectReport(built.report, [
      'Similarity of each class name',
      'DINO (optical + SAR), before fusion',
      'all class names compete',
      'six lists of words',
      'lake for water',
      'water (unseen)',
      'What class names cost',
      'One place under three skies',
    ]);
  });

  test('a second call takes what was finished', async () => {
    const { reporter, stages } = recorder();
    await reproduce(options(out, { reporter }));
    expect(stages).toEqual(['Report']);
  });

  test('any checkpoint of the run segments a pair for words given as text', async () => {
    const images = path.join(built.folder, 'data', 'world-21', 'val');
    const pair = { optical: path.join(images, 'rgb_clouds', '1.png'), sar: path.join(images, 'sar', '1.png') };
    const checkpoint = (row: string): string => path.join(built.folder, row, 'seed-0', 'weights.safetensors');
    const out = path.join(root, 'map.png');
    const before = tf.memory().numTensors;
    for (const row of ['cmu-plus-def', 'plus-optical-dino', 'optical-only-clip']) {
      const { height, width, classes, files } = await segment({
        ...pair,
        classes: ['lake', 'street', 'snow'],
        checkpoint: checkpoint(row),
        out,
      });
      expect([height, width]).toEqual([16, 16]);
      expect(classes.map(({ name }) => name)).toEqual(['lake', 'street', 'snow']);
      expect(classes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
      const ids = await readImage(files[1]);
      const shares = classes.map((_, id) => [...ids.data].filter((other) => other === id).length / 256);
      expect(classes.map(({ share }) => share)).toEqual(shares);
    }
    expect(tf.memory().numTensors).toBe(before);
    const { optical } = pair;
    const sarless = segment({ optical, classes: ['lake'], checkpoint: checkpoint('cmu-plus-def') });
    await expect(sarless).rejects.toThrow('this model needs --sar');
    const other = segment({ ...pair, classes: ['lake'], checkpoint: checkpoint('cmu-plus-def'), model: 'vit-b32' });
    await expect(other).rejects.toThrow('--model must be vit-b16, vit-l14 or a YAML config, got "vit-b32"');
    expect(tf.memory().numTensors).toBe(before);
  });

  test('Tables 4, A1, A4, A5 and the residual train what they need beside it', async () => {
    const { reporter, stages } = recorder();
    const more = await reproduce(options(out, { tables: [4, 11, 14, 15, 16], reporter }));
    expect(trainedRows(stages).map((text) => text.replace(', seed 0', ''))).toEqual([
      'CMU, mse', 'CMU by MSE + DEF', 'CMU, l1', 'CMU by L1 + DEF', 'CLIP, large', 'DINO, large', 'CMU, infonce, large', 'CMU + DEF, large',
      'CMU of CLIP, infonce', 'CMU on CLIP only', 'CMU on CLIP and DINO', 'CMU + DEF without the residual',
    ]); // prettier-ignore
    for (const { title, rows } of more.tables.filter((table) => table.title.startsWith('Table')))
      for (const { label, source, cells } of rows.filter((row) => row.source === 'reproduced'))
        expect(
          cells.some((cell) => Number.isFinite(cell)),
          `${title}: ${source} ${label}`,
        ).toBe(true);
  });
  test('a step is timed on a model of its own, which leaves nothing', async () => {
    const place = {
      ...options(out),
      seed: 0,
      folder: built.folder,
      data: new RunData(tiny.data, 0, path.join(built.folder, 'data'), silent),
    };
    const before = tf.memory().numTensors;
    const weights = weightsOf(built.folder, 'cmu-plus-def');
    const seconds = await measureStep(place, mmOvSeg);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(60);
    expect(tf.memory().numTensors).toBe(before);
    expect(weightsOf(built.folder, 'cmu-plus-def').equals(weights)).toBe(true);
  });

  test('the six settings: each row in each, those of setting 6 with the models of setting 2', async () => {
    const { reporter, stages } = recorder();
    const more = await reproduce(options(out, { tables: [2, 13], reporter }));
    expect(trainedRows(stages).filter((text) => text.startsWith('CMU + DEF, setting'))).toHaveLength(5);
    const ours = ofTable(more, 'Table 2').rows.filter(({ source }) => source === 'reproduced');
    expect(ours.map(({ cells }) => cells.length)).toEqual([7, 7, 7]);
    expect(weightsOf(more.folder, 'cmu-plus-def-setting-6').equals(weightsOf(more.folder, 'cmu-plus-def'))).toBe(true);
  });
});

test.each<[string, Partial<ReproduceOptions<Config>>, RegExp]>([
  ['a table that there is not', { tables: [9] }, /there is no table 9; there are 2, 3, 4, 11/],
  ['a data folder', { dataRoot: '/nowhere' }, /--data is given, but config tiny is for the synthetic world/],
])('%s is wrong usage', async (_, changes, message) => {
  expect(await told(reproduce(options(newFolder(), changes)))).toEqual({ code: 2, message: expect.stringMatching(message) });
});
