import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { disposeModule, loadStateDict, stateDict } from '@rs/nn';
import { readSafetensors, writeAtomically, writeSafetensors } from '@rs/weights';
import type { FitResult } from '@rs/train';
import { buildModel } from './build-model.js';
import type { Config } from './config.js';
import { patchesOf, type Splits } from './data.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { Interrupted } from './exit-codes.js';
import { forwardOf, type CapturedForward } from './forward.js';
import type { EDC } from './model.js';
import type { Reporter } from './progress.js';
import { teacherRow, type Row } from './rows.js';
import { TeacherFeatures } from './teacher-features.js';
import { trainStudent, trainTeacher } from './train.js';

/** A finished row of one seed: its figures and what they were made with. */
export interface RunResult {
  readonly label: string;
  readonly seed: number;
  readonly evaluation: Evaluation;
  readonly steps: number;
  readonly scoredStep: number; // of the weights that were scored
  readonly seconds: number; // of training, in the session that finished it
  readonly engine: string;
  readonly curves: Readonly<Record<string, readonly number[]>>; // loss and its terms, by step
  readonly validation: readonly { readonly step: number; readonly mIoU: number }[];
}

export interface RunPlace {
  readonly config: Config;
  readonly splits: Splits;
  readonly seed: number;
  readonly folder: string; // of all runs of this config
  readonly engine: string;
  readonly reporter: Reporter;
  readonly eager: boolean; // op by op instead of as graphs
  readonly quiet: boolean;
}

const folderOf = ({ folder, seed }: RunPlace, { label }: Row): string =>
  path.join(folder, label.replace('*', '-star').toLowerCase(), `seed-${seed}`);

/** Trains and scores one row, or takes what an earlier session finished. */
export async function finishedRun(place: RunPlace, row: Row, teacher?: TeacherFeatures): Promise<RunResult> {
  const folder = folderOf(place, row);
  const resultFile = path.join(folder, 'result.json');
  const known = await readFile(resultFile, 'utf8').catch(() => undefined);
  if (known) return JSON.parse(known, reviveNaN) as RunResult;
  const { config, splits, seed, engine, reporter } = place;
  reporter.stage(`${row.label}, seed ${seed}: training`);
  const model = await buildModel(config, row, splits.classes.length, seed);
  const forward = forwardOf(model, place);
  try {
    const start = Date.now();
    const fitted = await fitRow(model, forward, row, teacher, place, path.join(folder, 'checkpoints'));
    if (fitted.interrupted)
      throw new Interrupted(`interrupted at step ${fitted.step} of ${row.label}; the same command goes on from there`);
    const scoredStep = config.training.keep === 'best' && fitted.best ? fitted.best.step : fitted.step;
    if (config.training.keep === 'best' && fitted.best) loadStateDict(model, fitted.best.weights);
    const seconds = (Date.now() - start) / 1000;
    await mkdir(folder, { recursive: true });
    await writeSafetensors(path.join(folder, 'weights.safetensors'), stateDict(model));
    reporter.note(`scoring ${splits.test.length} patches`);
    const evaluation = await score(forward, row, place, splits.test);
    const { learningRate: _, ...curves } = fitted.history;
    const result: RunResult = {
      label: row.label,
      seed,
      evaluation,
      steps: fitted.step,
      scoredStep,
      seconds,
      engine,
      curves,
      validation: fitted.evaluations.map(({ step, score: mIoU }) => ({ step, mIoU })),
    };
    await writeAtomically(resultFile, [Buffer.from(`${JSON.stringify(result, storeNaN)}\n`)]);
    await rm(path.join(folder, 'checkpoints'), { recursive: true, force: true }); // the weights and the figures are what remains
    return result;
  } finally {
    forward.dispose();
    disposeModule(model);
  }
}

/** The model of a finished run, with its weights. The caller disposes it. */
export async function finishedModel(place: RunPlace, row: Row): Promise<EDC> {
  const model = await buildModel(place.config, row, place.splits.classes.length, place.seed);
  loadStateDict(model, await readSafetensors(path.join(folderOf(place, row), 'weights.safetensors')));
  return model;
}

function fitRow(
  model: EDC,
  forward: CapturedForward,
  row: Row,
  teacher: TeacherFeatures | undefined,
  place: RunPlace,
  folder: string,
): Promise<FitResult> {
  const { config, splits, seed, eager, quiet } = place;
  const validate = async (): Promise<{ score: number }> => ({
    score: (await score(forward, row, place, splits.validation)).segmentation.all.mIoU,
  });
  const options = { config, splits, seed, folder, validate, eager, quiet };
  return row === teacherRow ? trainTeacher(model, options) : trainStudent(model, row, teacher, options);
}

function score(forward: CapturedForward, row: Row, { config, splits }: RunPlace, samples: Splits['test']): Promise<Evaluation> {
  return evaluate(forward, patchesOf(samples, splits.load), {
    numClasses: splits.classes.length,
    input: row === teacherRow ? 'cloudFree' : 'cloudy',
    ...windowsOf(config),
  });
}

/** Windows of the training size, half overlapping. */
export const windowsOf = ({ data, training }: Config): { window: number; stride: number; microBatch: number } => ({
  window: data.crop,
  stride: data.crop / 2,
  microBatch: training.microBatch,
});

// JSON has no NaN, which is the score of an absent class.
const storeNaN = (_key: string, value: unknown): unknown => (Number.isNaN(value) ? 'NaN' : value);
const reviveNaN = (_key: string, value: unknown): unknown => (value === 'NaN' ? NaN : value);
