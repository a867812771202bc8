import * as tf from '@tensorflow/tfjs-core';
import { finishedRun, loadFinished, runFolder, type FinishedRun, type Trial } from '@rs/experiments';
import { disposeModule, loadStateDict, stateDict } from '@rs/nn';
import { classTokens, clipPixels, correlation, type Clip, type ClipVisionEncoder, type DinoViT } from '@rs/ovseg';
import { buildClip, clipTower } from './build-model.js';
import type { Backbone } from './config.js';
import type { Place } from './place.js';
import { meanIoUOf, probe, type Features } from './probe.js';
import type { CmuKind } from './rows.js';
import { ourSetting } from './settings.js';
import { squareMap } from './studies/encoder-maps.js';
import type { ClearTile, Tiles } from './tiles.js';
import { linearWarmup } from '@rs/train';
import { captionSource, clipLoss } from './train-clip.js';
import { clipTokens, dinoTokens, pairSource, patchTokens, unificationLoss, type TokenEncoder } from './train-cmu.js';
import { maskedAutoencoder, maskedLoss, maskedSource } from './train-dino.js';
import { trainStage } from './train-stage.js';
import { nearness, type Nearness } from './unification-measures.js';

/** What a finished stage of pre-training is worth, mIoU as fractions on the scored tiles. */
export type PretrainingFigures =
  | { readonly stage: 'clip'; readonly zeroShot: { readonly clear: number; readonly cloudy: number } }
  | { readonly stage: 'dino'; readonly probe: { readonly clear: number; readonly cloudy: number } }
  | { readonly stage: 'cmu'; readonly sarProbe: number; readonly nearness: Nearness };

export type PretrainingRun = FinishedRun<PretrainingFigures>;

const named = (stage: string, backbone: Backbone): string => (backbone === 'base' ? stage : `${stage}, ${backbone}`);
export const clipLabel = (backbone: Backbone): string => named('CLIP', backbone);
export const dinoLabel = (backbone: Backbone): string => named('DINO', backbone);
export const cmuLabel = (kind: CmuKind, backbone: Backbone): string => named(`CMU, ${kind}`, backbone);
export const clipCmuLabel = (kind: CmuKind, backbone: Backbone): string => named(`CMU of CLIP, ${kind}`, backbone);

/** Stage 1a: images and captions of the pre-training world, all class words among them. */
export function pretrainedClip(place: Place, backbone: Backbone): Promise<PretrainingRun> {
  const { config, data, seed, eager } = place;
  const { crop, ...stage } = config.pretraining.clip;
  const { contextLength } = config.backbones[backbone].text;
  return finished(place, clipLabel(backbone), async () => {
    const tiles = await data.pretraining();
    const model = buildClip(config, backbone, seed);
    return {
      model,
      fit: (folder) =>
        trainStage({
          ...stageOptions(place, clipLabel(backbone), folder, stage),
          model,
          trainable: (name) => name !== 'token_embedding.weight',
          loss: (batch) => clipLoss(model, batch),
          source: captionSource({ tiles, classes: data.classes, crop, batchSize: stage.batchSize, contextLength, seed }),
        }),
      evaluate: async () => {
        const scores = zeroShot(model, place, backbone);
        const options = { role: 'optical', numClasses: data.classes.length, eager } as const;
        const [clear, cloudy] = [await data.clearTest(ourSetting), await data.test(ourSetting)];
        const zeroShotScores = {
          clear: await meanIoUOf(scores.of, { ...options, tiles: clear }),
          cloudy: await meanIoUOf(scores.of, { ...options, tiles: cloudy }),
        };
        scores.text.dispose();
        return { stage: 'clip', zeroShot: zeroShotScores };
      },
    };
  });
}

/** Cosines of CLIP's dense map and the class words: segmentation by CLIP alone. */
function zeroShot(clip: Clip, { config, data }: Place, backbone: Backbone): { readonly of: Features; readonly text: tf.Tensor } {
  const { contextLength, embedDim } = config.backbones[backbone].text;
  const text = tf.tidy(() => clip.call(classTokens(data.classes, { template: config.template, contextLength })));
  const of: Features = (image) => {
    const map = squareMap(patchTokens(clip.visual.call(clipPixels(image, 1), { dense: true }).tokens));
    const [batch] = image.shape;
    const words = tf.tile(tf.reshape(text, [1, data.classes.length, 1, embedDim]), [batch, 1, 1, 1]) as tf.Tensor4D;
    return tf.transpose(tf.squeeze(correlation(map, words), [4]) as tf.Tensor4D, [0, 2, 3, 1]);
  };
  return { of, text };
}

/** Stage 1b: masked reconstruction of clear optical images. */
export function pretrainedDino(place: Place, backbone: Backbone): Promise<PretrainingRun> {
  const { config, data, seed } = place;
  const { maskBlock, ...stage } = config.pretraining.dino;
  const { patchSize } = config.backbones[backbone].dino;
  return finished(place, dinoLabel(backbone), async () => {
    const tiles = await data.pretraining();
    const model = maskedAutoencoder(config.backbones[backbone].dino, seed);
    return {
      model,
      fit: (folder) =>
        trainStage({
          ...stageOptions(place, dinoLabel(backbone), folder, stage),
          model,
          loss: (batch) => maskedLoss(model, patchSize, batch),
          source: maskedSource({ tiles, size: config.data.size, maskBlock, batchSize: stage.batchSize, seed }),
        }),
      evaluate: () => dinoFigures(place, dinoTokens(model.dino)),
    };
  });
}

/** Stage 1c, the paper's stage 1: a copy of the DINO learns to say of SAR what the DINO says of the optical image. Kind none: the copy as it is. */
export function unifiedDino(place: Place, kind: CmuKind, backbone: Backbone): Promise<PretrainingRun> {
  const label = cmuLabel(kind, backbone);
  return finished(place, label, async () => {
    const [teacher, student] = [await loadedDino(place, backbone), await loadedDino(place, backbone)];
    const [tokens, targets] = [dinoTokens(student), dinoTokens(teacher)];
    return {
      ...(await unification(place, label, { kind, model: student, tokens, targets })),
      evaluate: () => cmuFigures(place, tokens, targets),
      dispose: () => disposeModule(teacher),
    };
  });
}

/** The same for CLIP's image tower (Appendix E). */
export function unifiedClip(place: Place, kind: CmuKind, backbone: Backbone): Promise<PretrainingRun> {
  const label = clipCmuLabel(kind, backbone);
  return finished(place, label, async () => {
    const [teacher, student] = [await loadedTower(place, backbone), await loadedTower(place, backbone)];
    const [tokens, targets] = [clipTokens(student), clipTokens(teacher)];
    return {
      ...(await unification(place, label, { kind, model: student, tokens, targets })),
      evaluate: () => cmuFigures(place, tokens, targets),
      dispose: () => disposeModule(teacher),
    };
  });
}

interface Unification {
  readonly kind: CmuKind;
  readonly model: object;
  readonly tokens: TokenEncoder;
  readonly targets: TokenEncoder;
}

async function unification(place: Place, label: string, { kind, model, tokens, targets }: Unification) {
  const { config, data, seed } = place;
  const { temperature, negatives, ...stage } = config.pretraining.cmu;
  const tiles = await data.pretraining();
  return {
    model,
    fit: (folder: string) =>
      kind === 'none'
        ? Promise.resolve(untrained)
        : trainStage({
            ...stageOptions(place, label, folder, stage),
            model,
            trainable: (name) => !notInTaps.test(name),
            loss: (batch) => unificationLoss(tokens, targets, batch, { kind, temperature, negatives }),
            source: pairSource({ tiles, size: config.data.size, batchSize: stage.batchSize, seed }),
          }),
  };
}

const notInTaps = /^(ln_post\.|proj$)/; // CLIP's, behind the last block: the taps do not depend on them
const untrained = { step: 0, interrupted: false, history: {}, evaluations: [], best: undefined };

export async function dinoFigures(place: Place, tokens: TokenEncoder): Promise<PretrainingFigures> {
  const tests = [await place.data.clearTest(ourSetting), await place.data.test(ourSetting)];
  const [clear, cloudy] = await probeTokens(place, tokens, 'optical', tests);
  return { stage: 'dino', probe: { clear, cloudy } };
}

export async function cmuFigures(place: Place, tokens: TokenEncoder, targets: TokenEncoder): Promise<PretrainingFigures> {
  const test = await place.data.clearTest(ourSetting);
  const [sarProbe] = await probeTokens(place, tokens, 'sar', [test]);
  return { stage: 'cmu', sarProbe, nearness: await nearness(tokens, targets, test) };
}

/** A linear probe of an encoder's deepest tokens: mIoU on each of the tests. */
async function probeTokens(
  { config, data, seed, eager }: Place,
  tokens: TokenEncoder,
  role: 'optical' | 'sar',
  tests: readonly Tiles<ClearTile>[],
): Promise<number[]> {
  const features: Features = (image) => squareMap(tokens(clipPixels(image, 1)).at(-1)!);
  const train = await data.pretraining();
  return probe(features, { config, role, train, tests, numClasses: data.classes.length, seed, eager });
}

/** The DINO of stage 1b. The caller disposes it. */
export async function loadedDino(place: Place, backbone: Backbone): Promise<DinoViT> {
  const model = maskedAutoencoder(place.config.backbones[backbone].dino, place.seed);
  await loadFinished(model, runFolder(place, dinoLabel(backbone)));
  disposeModule(model.head);
  return model.dino;
}

/** The image tower of stage 1a, all blocks tapped. The caller disposes it. */
async function loadedTower(place: Place, backbone: Backbone): Promise<ClipVisionEncoder> {
  const clip = buildClip(place.config, backbone, place.seed);
  const tower = clipTower(place.config, backbone, place.seed);
  try {
    await loadFinished(clip, runFolder(place, clipLabel(backbone)));
    loadStateDict(tower, stateDict(clip.visual));
    return tower;
  } finally {
    disposeModule(clip);
  }
}

/** What all stages have in common; the rate stays what the warm-up brings it to. */
const stageOptions = (
  { config, seed, eager, quiet }: Place,
  label: string,
  folder: string,
  { steps, rate }: { readonly steps: number; readonly rate: number },
) => ({
  label,
  folder,
  steps,
  schedule: linearWarmup(rate, config.pretraining.warmup),
  weightDecay: config.weightDecay,
  seed,
  config: config.pretraining,
  eager,
  quiet,
});

type Begin = () => Promise<Trial<PretrainingFigures>>;

const finished = (place: Place, label: string, begin: Begin): Promise<PretrainingRun> => finishedRun(place, { label, keep: 'last', begin });
