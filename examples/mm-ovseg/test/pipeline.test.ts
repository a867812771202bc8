import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { exitCodeOf, type Reporter, type Reproduced, type ReproduceOptions } from '@rs/experiments';
import { readImage } from '@rs/datasets';
import { readSafetensors } from '@rs/weights';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../src/config.js';
import { reproduce } from '../src/reproduce.js';
import { segment } from '../src/segment.js';
import { temporaryFolder } from './temporary-folder.js';
import { tiny } from './tiny-config.js';

const root = temporaryFolder();
const silent: Reporter = { stage() {}, progress() {}, note() {} };
const options = (out: string, changes: Partial<ReproduceOptions<Config>> = {}): ReproduceOptions<Config> => ({
  config: tiny,
  seeds: [0],
  tables: [3],
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
const stages = (into: string[]): Reporter => ({ ...silent, stage: (text) => into.push(text) });
const ofTable = ({ tables }: Reproduced, title: string) => tables.find((table) => table.title.startsWith(title))!;

describe('a tiny world from images and captions to tables', () => {
  const out = newFolder();
  let built: Reproduced;
  let leaked: number;
  beforeAll(async () => {
    const before = tf.memory().numTensors;
    built = await reproduce(options(out));
    leaked = tf.memory().numTensors - before;
  });

  test('keeps no tensor', () => expect(leaked).toBe(0));

  test("Table 3 has the paper's three rows, four reproduced ones and the guess", () => {
    const { rows } = ofTable(built, 'Table 3: ');
    expect(rows.map(({ source }) => source)).toEqual(['paper', 'paper', 'paper', ...Array.from({ length: 5 }, () => 'reproduced')]);
    expect(rows.slice(0, 3).map(({ cells }) => cells[0])).toEqual([55, 64.1, 73.1]);
    for (const { cells } of rows.slice(3, 7)) expect(Number.isFinite(cells[1])).toBe(true);
  });

  test('figures of the reference implementation stand beside ours, with a mark', () => {
    for (const title of ['Table 3 beside', 'Pre-training']) {
      for (const { cells } of ofTable(built, title).rows) {
        expect(cells[1]).toEqual({ mean: expect.any(Number), spread: expect.any(Number) });
        expect(['within', 'outside', null]).toContain(cells[2]);
      }
    }
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
    for (const text of ['Optical only fails under clouds', 'The share of SAR', "Thick clouds change DINO's", 'Water scatters least', 'SAR helps water'])
      expect(claims.some((label) => label.startsWith(text)), text).toBe(true); // prettier-ignore
  });

  test('leaves config, tables, weights and figures in the folder, and no checkpoints', () => {
    for (const table of ['table-3', 'claims', 'class-names'])
      for (const extension of ['md', 'csv', 'json', 'txt']) expect(existsSync(path.join(built.folder, `${table}.${extension}`))).toBe(true);
    for (const row of ['clip', 'dino', 'cmu-infonce', 'optical-only-clip', 'cmu-plus-def'])
      expect(readdirSync(path.join(built.folder, row, 'seed-0')).sort()).toEqual(['result.json', 'weights.safetensors']);
  });

  test('the report holds tables, maps, predictions and other words, and loads nothing from elsewhere', () => {
    const html = readFileSync(built.report, 'utf8');
    for (const title of [
      'Similarity of each class name',
      'DINO (optical + SAR), before fusion',
      'all class names compete',
      'six lists of words',
      'lake for water',
      'water (unseen)',
      'What class names cost',
    ])
      // prettier-ignore
      expect(html).toContain(title);
    expect(html.match(/(?:src|href)="(?!data:|#)[^"]*"/g)).toBeNull();
  });

  test('a second call takes what was finished', async () => {
    const told: string[] = [];
    await reproduce(options(out, { reporter: stages(told) }));
    expect(told).toEqual(['Report']);
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
    const told: string[] = [];
    const more = await reproduce(options(out, { tables: [4, 11, 14, 15, 16], reporter: stages(told) }));
    const trained = told.filter((text) => text.includes('training')).map((text) => text.replace(', seed 0: training', ''));
    expect(trained).toEqual([
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
  test('the six settings: each row in each, those of setting 6 with the models of setting 2', async () => {
    const told: string[] = [];
    const more = await reproduce(options(out, { tables: [2, 13], reporter: stages(told) }));
    expect(told.filter((text) => text.startsWith('CMU + DEF, setting') && text.includes('training'))).toHaveLength(5);
    const ours = ofTable(more, 'Table 2').rows.filter(({ source }) => source === 'reproduced');
    expect(ours.map(({ cells }) => cells.length)).toEqual([7, 7, 7]);
    const weights = (row: string): Buffer => readFileSync(path.join(more.folder, row, 'seed-0', 'weights.safetensors'));
    expect(weights('cmu-plus-def-setting-6').equals(weights('cmu-plus-def'))).toBe(true);
  });
});

test.each([
  ['a table that there is not', { tables: [9] }, /there is no table 9; there are 2, 3, 4, 11/],
  ['a data folder', { dataRoot: '/nowhere' }, /--data is not for reproduce/],
])('%s is wrong usage', async (_, changes, message) => {
  const error: unknown = await reproduce(options(newFolder(), changes)).catch((reason: unknown) => reason);
  expect((error as Error).message).toMatch(message);
  expect(exitCodeOf(error)).toBe(2);
});
