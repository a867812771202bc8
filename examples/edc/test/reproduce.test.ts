import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkConfig } from '../src/config.js';
import { exitCodeOf } from '../src/exit-codes.js';
import { terminalReporter } from '../src/progress.js';
import { reproduce, type ReproduceOptions } from '../src/reproduce.js';

const scenes = (seed: number, count: number): object => ({ seed, count });
const tiny = checkConfig(
  {
    name: 'tiny',
    data: { dataset: 'synthetic', crop: 32, train: scenes(1, 4), validation: scenes(2, 2), test: scenes(3, 2) },
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
      batchSize: 2,
      microBatch: 2,
      rate: 1e-3,
      weightDecay: 1e-4,
      warmup: 1,
      schedule: 'cosine',
      teacher: { steps: 2 },
      student: { steps: 2 },
      evaluateEvery: 2,
      keep: 'last',
    },
    loss: { beta: 1, gamma: 0.1, normalization: 'clearPixels' },
  },
  'tiny',
);

let out: string;
beforeAll(async () => {
  out = await mkdtemp(path.join(tmpdir(), 'edc-'));
});
afterAll(() => rm(out, { recursive: true }));

const run = (changes: Partial<ReproduceOptions> = {}): ReturnType<typeof reproduce> =>
  reproduce({
    config: tiny,
    seeds: [0],
    tables: [1, 2],
    out,
    fresh: false,
    engine: 'test engine',
    reporter: terminalReporter({ quiet: true }),
    eager: true,
    quiet: true,
    ...changes,
  });

test('from scenes on disk to tables and report, and what is finished is not done again', async () => {
  const before = tf.memory().numTensors;
  const first = await run();
  expect(tf.memory().numTensors).toBe(before);
  expect(first.tables.map(({ title }) => title.slice(0, 8))).toEqual(['Table I:', 'Table II']);
  const reproduced = first.tables[0].rows.filter(({ source }) => source === 'reproduced');
  expect(reproduced.map(({ label }) => label)).toEqual(['EDC*', 'EDC']);
  for (const { cells } of reproduced) for (const cell of cells) expect(cell as number).toBeLessThanOrEqual(100);

  const report = await readFile(first.report, 'utf8');
  expect(report).toContain('synthetic world');
  expect(report).not.toMatch(/(src|href)="https?:/); // nothing is loaded from elsewhere

  const result = path.join(first.folder, 'edc', 'seed-0', 'result.json');
  const written = (await stat(result)).mtimeMs;
  const second = await run();
  expect((await stat(result)).mtimeMs).toBe(written);
  expect(second.tables).toEqual(first.tables);
});

test('asks for a table that is there, and for data that fits the config', async () => {
  for (const wrong of [run({ tables: [9] }), run({ dataRoot: '/nowhere' })]) {
    const error: unknown = await wrong.then(() => undefined, (reason: unknown) => reason); // prettier-ignore
    expect(exitCodeOf(error)).toBe(2);
  }
});
