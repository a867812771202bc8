import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { finishedRun, loadFinished, runFolder, trainingSource, type FinishedRun, type Trial } from '@rs/experiments';
import { countParameters, loadStateDict, parameters, resize, stateDict } from '@rs/nn';
import { classTokens, type DinoViT, type MmOvSeg } from '@rs/ovseg';
import type { DataSource, FitResult } from '@rs/train';
import { buildModel, clipTower } from './build-model.js';
import { evaluate, type Evaluation, type Forward } from './evaluate.js';
import type { Place } from './place.js';
import {
  clipCmuLabel,
  clipLabel,
  cmuLabel,
  loadedDino,
  pretrainedClip,
  pretrainedDino,
  unifiedClip,
  unifiedDino,
  type PretrainingRun,
} from './pretraining.js';
import { inSetting, type Row } from './rows.js';
import { settings } from './settings.js';
import { rateGroups, trainSegmentation, type SegmentationBatch } from './train-segmentation.js';

export type RunResult = FinishedRun<Evaluation>;

const scoredTogether = 32; // tiles a forward pass

/** The stages of pre-training that a row stands on, in order; those that were finished are taken. */
export async function pretraining(place: Place, { backbone, useDino, useSar, cmu, clipCmu }: Row): Promise<PretrainingRun[]> {
  const runs = [await pretrainedClip(place, backbone)];
  if (useDino) runs.push(await pretrainedDino(place, backbone));
  if (useSar) runs.push(await unifiedDino(place, cmu, backbone));
  if (clipCmu !== 'none') runs.push(await unifiedClip(place, clipCmu, backbone));
  return runs;
}

/** Trains and scores one row, its pre-training being finished, or takes what an earlier session finished. */
export const finishedRow = (place: Place, row: Row): Promise<RunResult> =>
  finishedRun(place, { label: row.label, keep: 'last', begin: () => beginRow(place, row) });

async function beginRow(place: Place, row: Row): Promise<Trial<Evaluation>> {
  const { config, data, seed, eager, quiet, reporter } = place;
  const { trainedAs } = settings[row.setting];
  const model = trainedAs ? await finishedModel(place, inSetting(row, trainedAs)) : await pretrainedModel(place, row);
  const { words, source } = await stageTwo(place, row);
  return {
    model,
    fit: (folder) =>
      trainedAs
        ? Promise.resolve(asTrained)
        : trainSegmentation(model, { config, label: row.label, source, words, seed, folder, eager, quiet }),
    evaluate: async () => {
      const test = await data.test(row.setting);
      reporter.note(`scoring ${test.samples.length} tiles`);
      const forward = forwardOf(place, row, model, data.classes);
      try {
        const { classes, seen } = data;
        return await evaluate(forward.call, test, {
          numClasses: classes.length,
          seen,
          batchSize: scoredTogether,
          parameters: counted(place, model),
        });
      } finally {
        forward.dispose();
      }
    },
    dispose: () => words.dispose(),
  };
}

/** What stage 2 trains with. The caller disposes the words. */
export async function stageTwo(
  place: Place,
  row: Row,
): Promise<{ readonly words: tf.Tensor2D; readonly source: DataSource<SegmentationBatch> }> {
  const { config, data, seed } = place;
  const { source } = trainingSource<'optical' | 'sar' | 'label'>({
    ...(await data.train(row.setting)),
    crop: config.data.size,
    symmetries: true,
    batchSize: config.segmentation.batchSize,
    seed,
  });
  return { words: prompts(place, row, data.seenNames), source };
}

const asTrained: FitResult = { step: 0, interrupted: false, history: {}, evaluations: [], best: undefined };

/** int32 [T,L] */
export const prompts = ({ config }: Place, { backbone }: Row, names: readonly string[]): tf.Tensor2D =>
  classTokens(names, { template: config.template, contextLength: config.backbones[backbone].text.contextLength });

/** The network in eval mode for a class list, whose words are embedded once. */
export function forwardOf(
  place: Place,
  row: Row,
  model: MmOvSeg,
  names: readonly string[],
): { readonly call: Forward; readonly dispose: () => void } {
  const text = tf.tidy(() => model.textFeatures(prompts(place, row, names)));
  const call: Forward = capture(
    ({ image, sar }) => {
      const { logits } = model.call({ image, sar, text });
      const [, height, width] = image.shape;
      return {
        logits:
          logits.shape[1] === height && logits.shape[2] === width ? logits : resize(logits, { size: [height, width], mode: 'bilinear' }),
      };
    },
    { eager: place.eager },
  );
  return {
    call,
    dispose: () => {
      call.dispose();
      text.dispose();
    },
  };
}

/** Encoders from their pre-training, the rest as initialised. The caller disposes it. */
export async function pretrainedModel(place: Place, row: Row): Promise<MmOvSeg> {
  const { config, seed } = place;
  const { backbone, cmu, clipCmu } = row;
  const model = buildModel(config, row, seed);
  await loadFinished(model.semSegHead.predictor.clipModel, runFolder(place, clipLabel(backbone)));
  if (model.dinoModel) {
    const dino = await loadedDino(place, backbone);
    loadStateDict(model.dinoModel, stateDict(dino));
    tf.dispose([...parameters(dino).values()]);
  }
  if (model.dinoSarmodel) await loadFinished(model.dinoSarmodel as DinoViT, runFolder(place, cmuLabel(cmu, backbone)));
  if (model.sarClipModel) {
    const tower = clipTower(config, backbone, seed);
    await loadFinished(tower, runFolder(place, clipCmuLabel(clipCmu, backbone)));
    loadStateDict(model.sarClipModel, stateDict(tower));
    tf.dispose([...parameters(tower).values()]);
  }
  return model;
}

/** The model of a finished run, with its weights. The caller disposes it. */
export async function finishedModel(place: Place, row: Row): Promise<MmOvSeg> {
  const model = buildModel(place.config, row, place.seed);
  await loadFinished(model, runFolder(place, row.label));
  return model;
}

function counted({ config }: Place, model: MmOvSeg): Evaluation['parameters'] {
  const { trainable } = rateGroups(model, config);
  const trained = [...parameters(model)].filter(([name]) => trainable(name));
  return { all: countParameters(model), trained: trained.reduce((sum, [, { size }]) => sum + size, 0) };
}
