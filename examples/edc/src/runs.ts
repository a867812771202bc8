import {
  finishedRun,
  loadFinished,
  runFolder,
  samplesOf,
  type FinishedRun,
  type Reporter,
  type Trial,
  type WindowOptions,
} from '@rs/experiments';
import { disposeModule } from '@rs/nn';
import { buildModel } from './build-model.js';
import type { Config } from './config.js';
import { centreCrop, type PatchSplits } from './data.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { capturedForward } from './forward.js';
import type { EDC } from './model.js';
import type { Row } from './rows.js';
import type { TeacherFeatures } from './teacher-features.js';
import { trainStudent, trainTeacher } from './train.js';

export type RunResult = FinishedRun<Evaluation>;

export interface RunPlace {
  readonly config: Config;
  readonly splits: PatchSplits;
  readonly seed: number;
  readonly folder: string; // of all runs of this config
  readonly engine: string;
  readonly reporter: Reporter;
  readonly eager: boolean; // op by op instead of as graphs
  readonly quiet: boolean;
}

/** Trains and scores one row, or takes what an earlier session finished. */
export function finishedRow(place: RunPlace, row: Row, teacher?: () => Promise<TeacherFeatures>): Promise<RunResult> {
  const { config, seed, engine, reporter, folder } = place;
  return finishedRun({
    folder: runFolder(folder, row.label, seed),
    label: row.label,
    seed,
    keep: config.training.keep,
    engine,
    reporter,
    begin: async () => beginRow(place, row, await teacher?.()),
  });
}

/** Works with the model of a finished run, and frees it. */
export async function withFinishedModel<T>(place: RunPlace, row: Row, work: (model: EDC) => T | Promise<T>): Promise<T> {
  const model = await finishedModel(place, row);
  try {
    return await work(model);
  } finally {
    disposeModule(model);
  }
}

/** The model of a finished run, with its weights. The caller disposes it. */
export async function finishedModel(place: RunPlace, row: Row): Promise<EDC> {
  const model = await buildModel(place.config, row, place.splits.classes.length, place.seed);
  await loadFinished(model, runFolder(place.folder, row.label, place.seed));
  return model;
}

async function beginRow(place: RunPlace, row: Row, teacher: TeacherFeatures | undefined): Promise<Trial<Evaluation>> {
  const { config, splits, seed, eager, quiet, reporter } = place;
  const model = await buildModel(config, row, splits.classes.length, seed);
  const forward = capturedForward(model, place);
  const score = (samples: PatchSplits['test'], load = splits.load): Promise<Evaluation> =>
    evaluate(forward, samplesOf(samples, load), { numClasses: splits.classes.length, input: row.sees, ...windowsOf(config) });
  const centre: PatchSplits['load'] = async (sample) => centreCrop(await splits.load(sample), config.data.crop);
  const validate = async (): Promise<{ score: number }> => ({ score: (await score(splits.validation, centre)).segmentation.all.mIoU });
  return {
    model,
    fit: (folder) => {
      const options = { config, splits, seed, folder, validate, eager, quiet };
      return row.sees === 'cloudFree' ? trainTeacher(model, row, options) : trainStudent(model, row, teacher, options);
    },
    evaluate: () => {
      reporter.note(`scoring ${splits.test.length} patches`);
      return score(splits.test);
    },
    dispose: () => forward.dispose(),
  };
}

/** Windows of the training size, half overlapping. */
export const windowsOf = ({ data, training }: Config): WindowOptions => ({
  window: data.crop,
  stride: data.crop / 2,
  microBatch: training.microBatch,
});
