import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { finishedRun, loadFinished, runFolder, samplesOf, type FinishedRun, type Trial } from '@rs/experiments';
import { countParameters } from '@rs/nn';
import { readSafetensors, writeAtomically } from '@rs/weights';
import { alignmentOf, type Alignment, type HeldOut } from './alignment.js';
import { corner, imagesOf, tileTensors, type SensorImages, type TileSplits } from './data.js';
import { score, type Evaluation, type Forward, type ScoreOptions, type TestFigures, type TestScores } from './evaluate.js';
import { buildNetwork, type Network } from './networks.js';
import { withOwnStatistics } from './own-statistics.js';
import type { Place } from './place.js';
import type { Row } from './rows.js';
import { setOf, type Sensor } from './sensors.js';
import { trainRow } from './train.js';

export type RunResult = FinishedRun<Evaluation>;

/** Trains and scores one row, or takes what an earlier session finished; a row that starts from another one trains that first. */
export async function finishedRow(place: Place, row: Row): Promise<RunResult> {
  if (row.network.kind === 'fine-tuning') await finishedRow(place, row.network.from);
  return finishedRun(place, { label: row.label, keep: place.config.training.keep, begin: () => beginRow(place, row) });
}

/** The network of a row at its first weights. The caller disposes its model. */
export const newNetwork = (place: Place, row: Row): Promise<Network> =>
  buildNetwork(row, {
    ...place,
    weightsOf: ({ label }) => readSafetensors(path.join(runFolder(place, label), 'weights.safetensors')),
  });

/** The network of a finished run, with its weights. The caller disposes its model. */
export async function finishedNetwork(place: Place, row: Row): Promise<Network> {
  const network = await newNetwork(place, row);
  await loadFinished(network.model, runFolder(place, row.label));
  return network;
}

/** Windows of the training size. */
export const scoreOptions = ({ config: { data, scoring }, splits }: Place): ScoreOptions => ({
  window: data.crop,
  stride: scoring.stride,
  microBatch: scoring.batchSize,
  numClasses: splits.classes.length,
});

/** Images of the training tiles that batch norms are estimated again on: whole crops from the corner, not augmented. */
export async function* statisticsBatches({ config, splits }: Place, test: readonly Sensor[]): AsyncGenerator<Record<string, tf.Tensor4D>> {
  const { batchSize, tiles } = config.scoring.ownStatistics;
  const samples = splits.train.slice(0, tiles);
  for (let first = 0; first < samples.length; first += batchSize) {
    const loaded = await Promise.all(samples.slice(first, first + batchSize).map(splits.load));
    const { labels, images } = tileTensors(loaded.map((tile) => corner(tile, config.data.crop)));
    labels.dispose();
    yield imagesOf(test, images);
  }
}

async function beginRow(place: Place, row: Row): Promise<Trial<Evaluation>> {
  const { splits, reporter } = place;
  const network = await newNetwork(place, row);
  const forwards = new Map(row.tests.map((test) => [setOf(test), forwardOf(network, test, place)]));
  const snapshots = path.join(runFolder(place, row.label), 'alignment');
  const heldOut = network.stars && (await heldOutImages(place, row));
  const snapshot = async (step: number): Promise<void> => {
    if (!network.stars || !heldOut) return;
    await mkdir(snapshots, { recursive: true });
    const found = alignmentOf(network.stars, step, heldOut);
    await writeAtomically(path.join(snapshots, `${step}.json`), [Buffer.from(JSON.stringify(found))]);
  };
  const [tested] = row.tests;
  const figures = (samples: TileSplits['test'], test: readonly Sensor[]): Promise<TestFigures> =>
    score(forwards.get(setOf(test))!, test, samplesOf(samples, splits.load), scoreOptions(place));
  const validate = async (step: number): Promise<{ score: number }> => {
    await snapshot(step);
    return { score: (await figures(splits.validation, tested)).mIoU };
  };
  let samplerSeconds = 0;
  return {
    model: network.model,
    fit: async (checkpoints) => {
      await snapshot(0); // an interrupted run takes it of the same first weights again
      const trained = await trainRow(network, row, { ...place, checkpoints, validate });
      samplerSeconds = trained.samplerSeconds;
      return trained;
    },
    evaluate: async () => {
      reporter.note(`scoring ${splits.test.length} tiles`);
      const tests: Record<string, TestScores> = {};
      for (const test of row.tests) tests[setOf(test)] = await testScores(place, network, row, test, () => figures(splits.test, test));
      return {
        tiles: splits.test.length,
        parameters: countParameters(network.model),
        tests,
        samplerSeconds,
        alignment: await readSnapshots(snapshots),
      };
    },
    dispose: () => {
      for (const forward of forwards.values()) forward.dispose();
      if (heldOut) tf.dispose([heldOut.m1, heldOut.m2, heldOut.labels]);
    },
  };
}

/** With running statistics, and with those of the test's own sensors where no layer serves two of them. */
async function testScores(
  place: Place,
  network: Network,
  { network: { kind } }: Row,
  test: readonly Sensor[],
  figures: () => Promise<TestFigures>,
): Promise<TestScores> {
  const running = await figures();
  if (kind === 'stars' && test.length > 1) return { running };
  return { running, own: await withOwnStatistics(network, test, statisticsBatches(place, test), figures) };
}

function forwardOf({ predict }: Network, test: readonly Sensor[], { eager }: Place): Forward {
  return capture((images: Record<string, tf.Tensor4D>) => ({ logits: predict(images as SensorImages, test, 'eval') }), { eager });
}

async function readSnapshots(folder: string): Promise<Alignment[]> {
  const names = await readdir(folder).catch(() => []);
  const read = names.map(async (name) => JSON.parse(await readFile(path.join(folder, name), 'utf8')) as Alignment);
  const found = (await Promise.all(read)).sort((a, b) => a.step - b.step);
  return found.map((alignment) => ({ ...alignment, contrast: alignment.contrast ?? NaN })); // JSON has no NaN
}

const heldOutTiles = 32;

async function heldOutImages({ config, splits }: Place, { train: [weak] }: Row): Promise<HeldOut> {
  const { validation, load, classes } = splits;
  const loaded = await Promise.all(validation.slice(0, heldOutTiles).map(load));
  const { labels, images } = tileTensors(loaded.map((tile) => corner(tile, config.data.crop)));
  const [m1, m2] = Object.values(imagesOf([weak, 'O'], images));
  return { m1, m2, labels, numClasses: classes.length, stages: config.model.alignStages, perClass: config.loss.perClass };
}
