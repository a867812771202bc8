import * as tf from '@tensorflow/tfjs-core';
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
import type { OtMmdSegmenter } from '@rs/ot-mmd-fusion';
import { buildModel } from './build-model.js';
import type { Config } from './config.js';
import type { PairSplits } from './data.js';
import { matchingOf, middles, segmentation, withoutAux, type Evaluation } from './evaluate.js';
import { capturedForward } from './forward.js';
import type { Row } from './rows.js';
import { train } from './train.js';

export type RunResult = FinishedRun<Evaluation>;

export interface RunPlace {
  readonly config: Config;
  readonly splits: PairSplits;
  readonly seed: number;
  readonly folder: string; // of all runs of this config
  readonly engine: string;
  readonly reporter: Reporter;
  readonly eager: boolean; // op by op instead of as graphs
  readonly quiet: boolean;
}

/** Pixels by which the second sensor is moved when it is asked how tokens find each other. */
const shifts = [0, 1, 2, 4, 8];
/** Scored samples that are asked. */
const asked = 32;

/** Trains and scores one row, or takes what an earlier session finished. */
export function finishedRow(place: RunPlace, row: Row): Promise<RunResult> {
  const { config, seed, engine, reporter, folder } = place;
  return finishedRun({
    folder: runFolder(folder, row.label, seed),
    label: row.label,
    seed,
    keep: config.training.keep,
    engine,
    reporter,
    begin: () => beginRow(place, row),
  });
}

/** The model of a finished run, with its weights. The caller disposes it. */
export async function finishedModel(place: RunPlace, row: Row): Promise<OtMmdSegmenter> {
  const model = await buildModel(place.config, row, place.splits, place.seed);
  await loadFinished(model, runFolder(place.folder, row.label, place.seed));
  return model;
}

async function beginRow({ config, splits, seed, eager, quiet, reporter }: RunPlace, row: Row): Promise<Trial<Evaluation>> {
  const model = await buildModel(config, row, splits, seed);
  const forward = capturedForward(model, { eager });
  const { window } = config.data;
  const options = { classes: splits.classes, ...(splits.meanClasses && { meanClasses: splits.meanClasses }), ...windowsOf(config) };
  const some = await middles(splits, asked, window);
  const untrained = matchingOf(model, some);
  const validate = async (): Promise<{ score: number }> => {
    const scored = await segmentation(forward, samplesOf(splits.validation, splits.load), options);
    return { score: scored.segmentation.mIoU };
  };
  return {
    model,
    fit: (folder) => train(model, row, { config, splits, seed, folder, validate, eager, quiet }),
    evaluate: async () => {
      reporter.note(`scoring ${splits.test.length} samples`);
      return {
        ...(await segmentation(forward, samplesOf(splits.test, splits.load), options)),
        zeroedMIoU: await withoutAux(forward, splits, 'zeroed', options),
        swappedMIoU: await withoutAux(forward, splits, 'swapped', options),
        untrained,
        matching: untrained.length > 0 ? shifts.map((shift) => ({ shift, stages: matchingOf(model, some, shift) })) : [],
      };
    },
    dispose: () => {
      forward.dispose();
      tf.dispose(some);
    },
  };
}

/** Windows as the config sees a scored sample. */
export const windowsOf = ({ data, training }: Config): WindowOptions => ({
  window: data.window,
  stride: data.stride,
  microBatch: training.microBatch,
});
