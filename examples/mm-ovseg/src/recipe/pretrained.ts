import { existsSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, type Init } from '@rs/nn';
import { loadClip, loadDino, MmOvSeg, type DinoViT } from '@rs/ovseg';
import { WeightsFileError, readCheckpoint } from '@rs/weights';
import { fullModel, type RecipeConfig } from './config.js';

export type Weights = Awaited<ReturnType<typeof readCheckpoint>>;
export type WeightsName = keyof RecipeConfig['weights'];

const what: Readonly<Record<WeightsName, string>> = {
  clip: "CLIP's state dict in OpenAI's names (ViT-B/16, or ViT-L/14 at 336 pixels)",
  dino: 'DINO v1, ViT-B/8',
};

/** The file of pretrained weights. @throws WeightsFileError where it is not there, saying what it should hold */
export function weightsFile({ weights }: RecipeConfig, root: string, name: WeightsName): string {
  const file = path.resolve(root, weights[name]);
  if (!existsSync(file)) {
    throw new WeightsFileError(file, `is missing; expected ${what[name]}, as weights.${name} of the config names it`);
  }
  return file;
}

/** Reads it; each call anew, so that nothing stays in memory. */
export const pretrainedWeights = (config: RecipeConfig, root: string, name: WeightsName): Promise<Weights> =>
  readCheckpoint(weightsFile(config, root, name));

const zeros: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };

/**
 * Builds the whole model once and gives it the weights, so that what does not fit is told now and not after days of training.
 *
 * @throws WeightsFileError, RangeError for options that do not go together, Error for weights of another tower
 */
export async function checkPretrained(config: RecipeConfig, root: string): Promise<void> {
  const model = new MmOvSeg(fullModel(config), zeros);
  try {
    loadClip(model.semSegHead.predictor.clipModel, await pretrainedWeights(config, root, 'clip'));
    loadDino(model.dinoModel as DinoViT, await pretrainedWeights(config, root, 'dino'));
  } finally {
    disposeModule(model);
  }
}
