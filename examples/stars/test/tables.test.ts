import { toMarkdown, type Table } from '@rs/report';
import { expect, test } from 'vitest';
import { runFootnotes } from '../src/footnotes.js';
import { tables, type Measured } from '../src/tables.js';
import { cannedRun } from './canned-runs.js';
import { tinyConfig, tinyWorld } from './tiny-config.js';

const sarRows = ['Baseline-SAR', 'architecture alone', 'exp-1', 'exp-2', 'exp-3'];
const runs = [0, 1].flatMap((seed) => [
  ...sarRows.map((label, i) => cannedRun(label, seed, { S: 0.4 + i / 100 + seed / 50 })),
  cannedRun('STARS', seed, { S: 0.5, O: 0.6, 'S+O': 0.7 }),
  cannedRun('Baseline (Concat)', seed, { 'S+O': 0.65 }),
  cannedRun('Baseline-OPT', seed, { O: 0.55 }),
  cannedRun('Fine-tuning', seed, { S: 0.41 }),
]);
const config = tinyConfig(tinyWorld);
const measured: Measured = {
  config,
  splits: { dataset: 'synthetic world', weak: ['S'], classes: ['water', 'road', 'crop'] },
  runs,
  provenance: { data: 'two test tiles', scale: 'tiny', engine: 'test', seeds: [0, 1] },
  footnotes: runFootnotes(config, runs),
};
const build = (number: number, changes: Partial<Measured> = {}): Table[] =>
  tables[number].build({ ...measured, ...changes }).map(({ table }) => table);
const row = ({ rows }: Table, label: string, source = 'reproduced') => rows.find((each) => each.label === label && each.source === source)!;

test('Table 1 has every printed row; competitors are quoted, ours reproduced with their spread', () => {
  const [table] = build(1);
  expect(table.rows.filter(({ source }) => source === 'quoted').map(({ label }) => label)).toHaveLength(10);
  expect(row(table, 'STARS (Ours)', 'paper').cells).toEqual(['S+O', 'S', 33.04, null, 46.22]);
  expect(row(table, 'Baseline-SAR').cells.slice(0, 2)).toEqual(['S', 'S']);
  const { mean, spread } = row(table, 'Baseline-SAR').cells[2] as { mean: number; spread: number };
  expect(mean).toBeCloseTo(41, 10);
  expect(spread).toBeCloseTo(Math.sqrt(2), 10);
  expect((row(table, 'STARS, tested on O').cells[2] as { mean: number }).mean).toBeCloseTo(60, 10);
  expect(row(table, 'STARS, tested on S+O').cells[3]).toBeNull();
});

test('a printed table tells where the paper contradicts itself, and what sampling costs', () => {
  const text = toMarkdown(build(1)[0]);
  expect(text).toContain('the mean is 32.17');
  expect(text).toContain('Drawing the pixels of L_psc took 0.50 % of the training time.');
  expect(text).toContain('two test tiles');
});

test('classes are those of the data; the gain is paired by seed', () => {
  const [, classes] = build(1);
  expect(classes.columns.map(({ header }) => header)).toEqual(['water', 'road', 'crop']);
  expect((row(classes, 'gain of STARS over Baseline-SAR').cells[0] as { mean: number }).mean).toBeCloseTo(9, 10);
  expect(row(classes, 'share of the scored pixels').cells).toEqual([5, 30, 65]);
});

test('the reference implementation stands beside the setting that it measured alone', () => {
  const headers = (name: string) => build(1, { config: { ...config, name } })[0].columns.map(({ header }) => [header].flat().at(-1));
  expect(headers('tiny')).not.toContain('as trained, reference');
  expect(headers('synthetic')).toEqual([
    'train',
    'test',
    'as trained',
    'as trained, reference',
    'as trained, against it',
    'own statistics',
    'own statistics, reference',
    'own statistics, against it',
    'mF1',
  ]);
  const table = build(1, { config: { ...config, name: 'synthetic' } })[0];
  expect(row(table, 'STARS').cells[4]).toBe('within');
  expect(row(table, 'Baseline-SAR').cells[4]).toBe('outside'); // 41 against 46.5 with a spread of 1.9
});

test('Table 4 says what each row uses, its gain over the baseline, and how it ended', () => {
  const [table] = build(4);
  const exp2 = row(table, 'exp-2').cells;
  expect(exp2.slice(0, 3)).toEqual(['yes', 'yes', 'no']);
  expect((exp2[7] as { mean: number }).mean).toBeCloseTo(3, 10);
  expect((exp2[8] as { mean: number }).mean).toBe(-0.5);
  expect((exp2[10] as { mean: number }).mean).toBe(0.7);
  expect(row(table, 'Baseline-SAR').cells[7]).toBeNull(); // not over itself
  expect(row(table, 'exp-2', 'paper').cells.slice(0, 5)).toEqual(['yes', 'yes', 'no', 31.17, 32.04]);
});

test.each([
  [5, 10, 'beta 0.2', 'row of the config itself'],
  [6, 5, 'alpha 0.1', 'row of the config itself'],
  [7, 4, 'no sampling', 'all pixels'],
])('Table %i sweeps with %i settings', (number, settings, label) => {
  expect(tables[number].rows(measured)).toHaveLength(settings);
  const [table] = build(number, { runs: [...runs, cannedRun(label, 0, { S: 0.5 })] });
  expect(row(table, label).cells.some((cell) => typeof cell === 'object' || typeof cell === 'number')).toBe(true);
});
