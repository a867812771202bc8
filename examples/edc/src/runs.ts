import { finishedRun, loadFinished, runFolder, samplesOf, type FinishedRun, type Trial, type WindowOptions } from '@rs/experiments';
import { disposeModule, Random } from '@rs/nn';
import type { BaselineRemover, BaselineSegmenter } from './baselines.js';
import { buildBaseline, buildNetwork } from './build-model.js';
import type { Config } from './config.js';
import { centreCrop, type PatchSplits } from './data.js';
import { evaluate, evaluateRemoval, type Evaluation, type RemovalEvaluation } from './evaluate.js';
import { capturedForward, forwardOf, removalForwardOf } from './forward.js';
import type { EDC } from './model.js';
import type { Segmenter } from './network.js';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import type { TeacherFeatures } from './teacher-features.js';
import { trainRemover, trainStudent, trainTeacher } from './train.js';

export type RunResult = FinishedRun<Evaluation>;
export type RemovalResult = FinishedRun<RemovalEvaluation>;

/** Trains and scores one row, or takes what an earlier session finished. */
export function finishedRow(place: Place, row: Row | BaselineSegmenter, teacher?: () => Promise<TeacherFeatures>): Promise<RunResult> {
  const { keep } = place.config.training;
  return finishedRun(place, { label: row.label, keep, begin: async () => beginRow(place, row, await teacher?.()) });
}

/** The same of a network that removes clouds alone. */
export function finishedRemover(place: Place, baseline: BaselineRemover): Promise<RemovalResult> {
  const { keep } = place.config.training;
  return finishedRun(place, { label: baseline.label, keep, begin: () => beginRemover(place, baseline) });
}

/** Works with the model of a finished run, and frees it. */
export async function withFinishedModel<T>(place: Place, row: Row, work: (model: EDC) => T | Promise<T>): Promise<T> {
  const model = await finishedModel(place, row);
  try {
    return await work(model);
  } finally {
    disposeModule(model);
  }
}

/** The model of a finished run, with its weights. The caller disposes it. */
export async function finishedModel(place: Place, row: Row): Promise<EDC>;
export async function finishedModel(place: Place, row: Row | BaselineSegmenter): Promise<Segmenter>;
export async function finishedModel(place: Place, row: Row | BaselineSegmenter): Promise<Segmenter> {
  const model = await buildNetwork(place.config, row, place.splits.classes.length, place.seed);
  await loadFinished(model, runFolder(place, row.label));
  return model;
}

async function beginRow(place: Place, row: Row | BaselineSegmenter, teacher: TeacherFeatures | undefined): Promise<Trial<Evaluation>> {
  const { config, splits, seed, reporter } = place;
  const model = await buildNetwork(config, row, splits.classes.length, seed);
  const forward = capturedForward(forwardOf(model, { reconstruct: row.cloudRemoval }), place);
  const score = (samples: PatchSplits['test'], load = splits.load): Promise<Evaluation> =>
    evaluate(forward, samplesOf(samples, load), { numClasses: splits.classes.length, input: row.sees, ...windowsOf(config) });
  const validate = async (): Promise<{ score: number }> => ({
    score: (await score(splits.validation, centreLoader(place))).segmentation.all.mIoU,
  });
  return {
    model,
    fit: (checkpoints) => {
      const options = { ...place, checkpoints, validate };
      return row.sees === 'cloudFree' ? trainTeacher(model, row, options) : trainStudent(model, row, teacher, options);
    },
    evaluate: () => {
      reporter.note(`scoring ${splits.test.length} patches`);
      return score(splits.test);
    },
    dispose: () => forward.dispose(),
  };
}

function beginRemover(place: Place, baseline: BaselineRemover): Trial<RemovalEvaluation> {
  const { config, splits, seed, reporter } = place;
  const model = buildBaseline(baseline, config, splits.classes.length, baseline.init(new Random(seed)));
  const forward = capturedForward(removalForwardOf(model), place);
  const score = (samples: PatchSplits['test'], load = splits.load): Promise<RemovalEvaluation> =>
    evaluateRemoval(forward, samplesOf(samples, load), windowsOf(config));
  const validate = async (): Promise<{ score: number }> => ({
    score: (await score(splits.validation, centreLoader(place))).quality.PSNR,
  });
  return {
    model,
    fit: (checkpoints) => trainRemover(model, baseline.label, { ...place, checkpoints, validate }),
    evaluate: () => {
      reporter.note(`scoring ${splits.test.length} patches`);
      return score(splits.test);
    },
    dispose: () => forward.dispose(),
  };
}

/** What validation looks at. */
const centreLoader =
  ({ splits, config }: Place): PatchSplits['load'] =>
  async (sample) =>
    centreCrop(await splits.load(sample), config.data.crop);

/** Windows of the training size, half overlapping. */
export const windowsOf = ({ data, training }: Config): WindowOptions => ({
  window: data.crop,
  stride: data.crop / 2,
  microBatch: training.microBatch,
});
