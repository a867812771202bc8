import * as tf from '@tensorflow/tfjs-core';
import { Random, torchInit } from '@rs/nn';
import { Clip, ClipVisionEncoder, MmOvSeg, type MmOvSegConfig } from '@rs/ovseg';
import type { Backbone, Config } from './config.js';
import type { Row } from './rows.js';

/** CLIP before its pre-training. Token embeddings, which stay so, and positions are small, as in its own training: N(0, 0.02) and N(0, 0.01). */
export function buildClip({ backbones }: Config, backbone: Backbone, seed: number): Clip {
  const random = new Random(seed);
  const clip = new Clip(backbones[backbone], torchInit(random.fork()));
  fillNormal(clip.tokenEmbedding.weight, 0.02, random);
  fillNormal(clip.positionalEmbedding, 0.01, random);
  return clip;
}

function fillNormal(variable: tf.Variable<tf.Rank.R2>, std: number, random: Random): void {
  const values = Float32Array.from({ length: variable.size }, () => std * random.normal());
  tf.tidy(() => variable.assign(tf.tensor2d(values, variable.shape)));
}

/** CLIP's image tower with all blocks tapped, as CMU compares them. */
export function clipTower({ backbones }: Config, backbone: Backbone, seed: number): ClipVisionEncoder {
  const { vision } = backbones[backbone];
  const taps = Array.from({ length: vision.layers }, (_, block) => block);
  return new ClipVisionEncoder({ ...vision, taps }, torchInit(new Random(seed)));
}

/** The options of a row's network. */
export function modelConfig({ backbones, segmentation }: Config, { backbone, useDino, useSar, clipCmu, residual }: Row): MmOvSegConfig {
  const { ripd, ...rest } = backbones[backbone];
  const { clipFinetune, dinoFinetune } = segmentation;
  return {
    ...rest,
    ripd: { ...ripd, useDino, residual },
    sizeDivisibility: 1,
    clipFinetune,
    dinoFinetune,
    useSar,
    sarClip: clipCmu !== 'none',
  };
}

/** The network of a row, initialised from `seed`. */
export const buildModel = (config: Config, row: Row, seed: number): MmOvSeg =>
  new MmOvSeg(modelConfig(config, row), torchInit(new Random(seed)));
