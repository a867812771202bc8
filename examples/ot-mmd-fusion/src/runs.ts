import * as tf from '@tensorflow/tfjs-core';
import { finishedRun, loadFinished, runFolder, samplesOf, type FinishedRun, type Trial, type WindowOptions } from '@rs/experiments';
import type { OtMmdSegmenter } from '@rs/ot-mmd-fusion';
import { buildModel } from './build-model.js';
import type { Config } from './config.js';
import { matchingOf, middles, segmentation, withoutAux, type Evaluation } from './evaluate.js';
import { capturedForward } from './forward.js';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import { train } from './train.js';

export type RunResult = FinishedRun<Evaluation>;

/** Pixels by which the second sensor is moved when it is asked how tokens find each other. */
const shifts = [0, 1, 2, 4, 8];
/** Scored samples that are asked. */
const asked = 32;

/** Trains and scores one row, or takes what an earlier session finished. */
export const finishedRow = (place: Place, row: Row): Promise<RunResult> =>
  finishedRun(place, { label: row.label, keep: place.config.training.keep, begin: () => beginRow(place, row) });

/** The model of a finished run, with its weights. The caller disposes it. */
export async function finishedModel(place: Place, row: Row): Promise<OtMmdSegmenter> {
  const model = await buildModel(place.config, row, place.splits, place.seed);
  await loadFinished(model, runFolder(place, row.label));
  return model;
}

async function beginRow(place: Place, row: Row): Promise<Trial<Evaluation>> {
  const { config, splits, seed, eager, reporter } = place;
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
    fit: (checkpoints) => train(model, row, { ...place, checkpoints, validate }),
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
