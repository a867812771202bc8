import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, Linear, Random, torchInit } from '@rs/nn';
import { constantRate, fit, sgd } from '@rs/train';
import { expect, test, vi } from 'vitest';
import { finishedRun, Interrupted, loadFinished, runFolder, runRows, type Reporter, type Trial } from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

const root = temporaryFolder();
const stages: string[] = [];
const reporter: Reporter = { stage: (text) => void stages.push(text), progress() {}, note() {} };
const newModel = (): Linear => new Linear({ inFeatures: 2, outFeatures: 1 }, torchInit(new Random(1)));

interface Figures {
  readonly weight: number;
  readonly absent: number;
}

/** Teaches a layer to return the sum of its two inputs, one batch [4,2] a step. */
function begin(steps = 6): Trial<Figures> & { model: Linear } {
  const model = newModel();
  return {
    model,
    fit: (folder) =>
      fit({
        model,
        data: (position) => ({ ids: ['a'], x: tf.randomUniform<tf.Rank.R2>([4, 2], 0, 1, 'float32', position + 1) }),
        loss: ({ x }) => ({ total: tf.mean<tf.Scalar>(tf.square(tf.sub(model.call(x), tf.sum(x, 1, true)))) }),
        rule: sgd({}),
        schedule: constantRate(0.5),
        steps,
        seed: 0,
        evaluate: { every: 2, run: (step) => ({ score: 10 - Math.abs(step - 4) }) },
        checkpoint: { folder, every: 2 },
        label: 'linear',
      }),
    evaluate: () => Promise.resolve({ weight: model.weight.dataSync()[0], absent: NaN }),
  };
}

const linear = { label: 'linear', keep: 'last' as const, begin: () => begin() };
const newPlace = () => ({ folder: mkdtempSync(path.join(root, 'run-')), seed: 0, engine: 'test', reporter });
const silenced = async <T>(work: () => Promise<T>, onLine: (line: string) => void = () => undefined): Promise<T> => {
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => (onLine(String(text)), true));
  try {
    return await work();
  } finally {
    write.mockRestore();
  }
};

test('a run is trained once, then taken from its folder; nothing but weights and figures remains', async () => {
  const place = newPlace();
  const before = tf.memory().numTensors;
  const run = await silenced(() => finishedRun(place, linear));
  expect(tf.memory().numTensors).toBe(before);
  expect(run).toMatchObject({ label: 'linear', seed: 0, steps: 6, scoredStep: 6, engine: 'test' });
  expect(run.curves.loss).toHaveLength(6);
  expect(run.validation.map(({ step }) => step)).toEqual([2, 4, 6]);
  expect(readdirSync(runFolder(place, 'linear')).sort()).toEqual(['result.json', 'weights.safetensors']);
  stages.length = 0;
  expect(await finishedRun(place, linear)).toEqual(run); // NaN included
  expect(stages).toEqual([]);
});

test('the best weights are scored and kept where they are asked for', async () => {
  const place = newPlace();
  const run = await silenced(() => finishedRun(place, { ...linear, keep: 'best' }));
  expect(run.scoredStep).toBe(4);
  const four = await silenced(() => finishedRun(newPlace(), { ...linear, begin: () => begin(4) }));
  expect(run.evaluation).toEqual(four.evaluation); // of a run that ends where this one was best
  const model = newModel();
  await loadFinished(model, runFolder(place, 'linear'));
  expect(model.weight.dataSync()[0]).toBe(run.evaluation.weight);
  disposeModule(model);
});

test('an interrupted run frees its model, and goes on to the same weights', async () => {
  const whole = await silenced(() => finishedRun(newPlace(), linear));
  const place = newPlace();
  const before = tf.memory().numTensors;
  let disposed = 0;
  const interrupt = (line: string): void => void (line.includes(' 2/6') && process.emit('SIGINT'));
  const stopped = { ...linear, begin: () => ({ ...begin(), dispose: () => void disposed++ }) };
  const error: unknown = await silenced(() => finishedRun(place, stopped), interrupt).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Interrupted);
  expect((error as Error).message).toBe('interrupted at step 2 of linear; the same command goes on from there');
  expect([tf.memory().numTensors, disposed]).toEqual([before, 1]);
  expect(existsSync(path.join(runFolder(place, 'linear'), 'result.json'))).toBe(false);
  expect((await silenced(() => finishedRun(place, linear))).evaluation).toEqual(whole.evaluation);
});

test('folders are named after rows', () => {
  const names = ['EDC', 'EDC*', 'w/o DCHF', 'STARS, alpha 0.1', 'CMU + DEF'].map((label) =>
    path.relative('/r', runFolder({ folder: '/r', seed: 2 }, label)),
  );
  expect(names).toEqual(['edc/seed-2', 'edc-star/seed-2', 'w-o-dchf/seed-2', 'stars-alpha-0.1/seed-2', 'cmu-plus-def/seed-2']);
});

test('rows of a seed come one after the other, then those of the next', async () => {
  let running = 0;
  const runs = await runRows([0, 1], ['A', 'B'], async (label, seed) => {
    expect(running++).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
    return { label, seed, evaluation: 0, steps: 1, scoredStep: 1, seconds: 0, engine: '', curves: {}, validation: [] };
  });
  expect(runs.map(({ label, seed }) => `${label}${seed}`)).toEqual(['A0', 'B0', 'A1', 'B1']);
});
