import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { renderReport } from '@rs/report';
import { scoresFromConfusion } from '@rs/metrics';
import { expect, test } from 'vitest';
import { classChart, classPalette, provenanceOf, segmentationFigures, trainingCharts, writeTable, type FinishedRun } from '../src/index.js';
import { fromStoredJson, toStoredJson } from '../src/stored-json.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const run = (label: string, seed: number, curves: FinishedRun<number[]>['curves'], scoredStep = 4): FinishedRun<number[]> => ({
  label,
  seed,
  evaluation: [0.5 + seed / 10, NaN],
  steps: 4,
  scoredStep,
  seconds: 1,
  engine: 'test',
  curves,
  validation: [
    { step: 2, score: 0.1 },
    { step: 4, score: 0.2 },
  ],
});
const runs = [
  run('ours', 0, { loss: [4, 3, 2, 1], ce: [3, 2, 1, 1], cr: [1, 1, 1, 0] }),
  run('ours', 1, { loss: [4, 3, 2, 1], ce: [4, 3, 2, 1] }, 2),
];
const titles = (blocks: ReturnType<typeof trainingCharts>): string[] =>
  blocks.map((block) => ('chart' in block ? block.chart.title : expect.fail('expected a chart')));

test('a loss curve a run, then the validation of all', () => {
  const blocks = trainingCharts(runs, { score: 'mIoU' });
  expect(titles(blocks)).toEqual([
    'ours, seed 0: loss, 4 steps',
    'ours, seed 1: loss, 4 steps, weights of step 2 scored',
    'Validation mIoU',
  ]);
  const html = renderReport({ title: 'T', sections: [{ title: 'S', blocks }] });
  expect(html).toContain('ce'); // the terms of a loss of several
  const inDecibels = renderReport({ title: 'T', sections: [{ title: 'S', blocks: trainingCharts(runs, { score: 'PSNR', unit: 'dB' }) }] });
  expect(inDecibels).toContain('PSNR (dB)');
  expect(html).toContain('mIoU (%)');
});

test('a bar a class and row; a class without a score has none', () => {
  const options = { classes: ['water', 'forest'], perClass: (scores: readonly number[]) => scores, title: 'IoU', value: 'IoU (%)' };
  const blocks = classChart({ runs, ...options });
  expect(titles(blocks)).toEqual(['IoU']);
  const html = renderReport({ title: 'T', sections: [{ title: 'S', blocks }] });
  expect(html).toContain('water, ours');
  expect(html).not.toContain('forest, ours');
  expect(classChart({ runs: [], ...options })).toEqual([]);
});

test('the colours of a data set as a palette', () => {
  expect(classPalette(['water', 'road'], [[0, 114, 178], [245, 240, 9]]).classes).toEqual([
    { name: 'water', color: '#0072b2' },
    { name: 'road', color: '#f5f009' },
  ]); // prettier-ignore
});

test('a table lies in four files beside each other and says how it was measured', async () => {
  const options = { data: 'world 300', inputs: '64x64 inputs', weights: 'random initialisation', engine: 'test', seeds: [0, 1] };
  const provenance = provenanceOf({ ...options, runs, batchSize: 8, keep: 'best' });
  expect(provenance.scale).toBe('64x64 inputs, steps: ours 4; random initialisation');
  const rows = [{ label: 'ours', source: 'reproduced' as const, cells: [50] }];
  await writeTable(path.join(folder, 'table-1'), { title: 'Table 1', columns: [{ header: 'mIoU' }], rows, provenance });
  expect(readdirSync(folder).sort()).toEqual(['table-1.csv', 'table-1.json', 'table-1.md', 'table-1.txt']);
  for (const name of readdirSync(folder)) expect(readFileSync(path.join(folder, name), 'utf8')).toContain('world 300');
});

test('segmentation figures come back from disk as they were, absent classes included', () => {
  const confusion = { shape: [3, 3], data: Float64Array.of(3, 1, 0, 1, 5, 0, 0, 0, 0) };
  const figures = segmentationFigures(scoresFromConfusion({ confusion }));
  expect(figures.perClassIoU).toEqual([3 / 5, 5 / 7, NaN]);
  expect(figures.OA).toBe(0.8);
  expect(fromStoredJson(toStoredJson(figures))).toEqual(figures);
});
