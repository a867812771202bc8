import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { finishedRun, loadFinished, runFolder, type FinishedRun, type RunPlace } from '@rs/experiments';
import type { Sample } from '@rs/datasets';
import { countParameters, disposeModule, parameters, Random, torchInit } from '@rs/nn';
import { classTokens, DinoViT, loadClip, loadDino, MmOvSeg } from '@rs/ovseg';
import { cosineToZero } from '@rs/train';
import type { Forward } from '../evaluate.js';
import type { Row } from '../rows.js';
import { dinoTokens, unificationLoss } from '../train-cmu.js';
import { rateGroups, trainSegmentation } from '../train-segmentation.js';
import { trainStage } from '../train-stage.js';
import { fullModel, type RecipeConfig } from './config.js';
import { evaluateRecipe, type RecipeEvaluation } from './evaluate.js';
import { pairSource } from './pairs.js';
import { pretrainedWeights } from './pretrained.js';
import type { ScoredData } from './scored-data.js';
import { trainingTiles } from './training-tiles.js';

/** Where and on what the runs of one seed work. */
export interface RecipePlace extends RunPlace<RecipeConfig> {
  readonly root: string; // the folder of --data
  readonly data: ScoredData;
  readonly pairs: readonly Sample[];
}

const unifiedLabel = 'CMU, infonce';

/** Stage 1: a copy of the DINO learns to say of SAR what the DINO says of the optical image. */
export function unifiedSar(place: RecipePlace): Promise<FinishedRun<{ readonly pairs: number }>> {
  const { config, root, pairs, seed, eager, quiet } = place;
  const { epochs, batchSize, rate, crop, temperature, negatives } = config.unification;
  return finishedRun(place, {
    label: unifiedLabel,
    keep: 'last',
    begin: async () => {
      const weights = await pretrainedWeights(config, root, 'dino');
      const [teacher, student] = [dinoOf(config), dinoOf(config)];
      for (const dino of [teacher, student]) loadDino(dino, weights);
      const steps = Math.max(1, Math.round(epochs * Math.floor(pairs.length / batchSize)));
      return {
        model: student,
        fit: (folder) =>
          trainStage({
            label: unifiedLabel,
            model: student,
            loss: (batch) => unificationLoss(dinoTokens(student), dinoTokens(teacher), batch, { kind: 'infonce', temperature, negatives }),
            source: pairSource({ pairs, crop, batchSize, seed }),
            steps,
            schedule: cosineToZero({ rate, steps }),
            weightDecay: config.weightDecay,
            seed,
            folder,
            config: config.unification,
            eager,
            quiet,
          }),
        evaluate: () => Promise.resolve({ pairs: pairs.length }),
        dispose: () => disposeModule(teacher),
      };
    },
  });
}

const dinoOf = (config: RecipeConfig): DinoViT => new DinoViT(fullModel(config).dino, torchInit(new Random(0))); // its weights come from a file

/** Stage 2 of one row, and its score. Stage 1 is finished where the row needs it. */
export function finishedRecipeRow(place: RecipePlace, row: Row): Promise<FinishedRun<RecipeEvaluation>> {
  const { config, data, seed, eager, quiet, reporter } = place;
  return finishedRun(place, {
    label: row.label,
    keep: 'last',
    begin: async () => {
      const model = await pretrainedModel(place, row);
      const { contextLength } = fullModel(config).text;
      const words = classTokens(data.seenNames, { template: undefined, contextLength });
      const { batchSize } = config.segmentation;
      const { trainable } = rateGroups(model, config);
      const trained = [...parameters(model)].filter(([name]) => trainable(name));
      const counted = { all: countParameters(model), trained: trained.reduce((sum, [, { size }]) => sum + size, 0) };
      return {
        model,
        fit: (folder) =>
          trainSegmentation(model, {
            config,
            label: row.label,
            source: trainingTiles({ tiles: data.train, edge: config.edge, batchSize, seed }),
            words,
            seed,
            folder,
            eager,
            quiet,
          }),
        evaluate: async () => {
          reporter.note(`scoring ${data.test.samples.length} tiles`);
          const text = tf.tidy(() => model.textFeatures(classTokens(data.classes, { contextLength })));
          const forward: Forward = capture(({ image, sar }) => ({ logits: model.call({ image, sar, text }).logits }), { eager });
          try {
            return await evaluateRecipe(forward, data, config, counted);
          } finally {
            forward.dispose();
            text.dispose();
          }
        },
        dispose: () => words.dispose(),
      };
    },
  });
}

/** CLIP and DINO from their files, the SAR encoder from stage 1 (or a copy of the DINO), the rest as initialised. */
async function pretrainedModel(place: RecipePlace, { useDino, useSar, cmu }: Row): Promise<MmOvSeg> {
  const { config, root, seed } = place;
  const { ripd, ...rest } = fullModel(config);
  const model = new MmOvSeg({ ...rest, ripd: { ...ripd, useDino }, useSar }, torchInit(new Random(seed)));
  loadClip(model.semSegHead.predictor.clipModel, await pretrainedWeights(config, root, 'clip'));
  if (!useDino) return model;
  const dino = await pretrainedWeights(config, root, 'dino');
  loadDino(model.dinoModel as DinoViT, dino);
  if (!useSar) return model;
  if (cmu === 'none') loadDino(model.dinoSarmodel as DinoViT, dino);
  else await loadFinished(model.dinoSarmodel as DinoViT, runFolder(place, unifiedLabel));
  return model;
}
