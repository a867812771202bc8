import type * as tf from '@tensorflow/tfjs-core';
import { maskedCrossEntropy, starsTotal } from '@rs/losses';
import { loadResNet, loadResNetStem, loadStateDict, Random, type HostTensor, type Mode, type TrainPass } from '@rs/nn';
import { loadBackbone, StarsModel } from '@rs/stars-align';
import type { LossTerms } from '@rs/train';
import { fromPretrained } from '@rs/weights';
import { adaptStem } from './adapt-stem.js';
import { Concatenated } from './concatenated.js';
import type { Config } from './config.js';
import type { SensorImages, TileSplits, TrainBatch } from './data.js';
import type { Row, StarsVariant } from './rows.js';
import { roleOf, setOf, type Sensor } from './sensors.js';
import { SingleSensor } from './single-sensor.js';

/** A row's network: what is trained, with which loss, and what it predicts from which sensors. */
export interface Network {
  readonly model: object; // all that is trained and saved
  readonly stars?: StarsModel; // where it is one
  readonly loss: (batch: TrainBatch, pass: TrainPass) => LossTerms;
  /** Logits [N,H,W,K] from the images of one of the row's tests; no other sensor is looked at. */
  readonly predict: (images: SensorImages, test: readonly Sensor[], mode: Mode) => tf.Tensor4D;
}

export interface NetworkSetting {
  readonly config: Config;
  readonly splits: TileSplits;
  readonly seed: number; // of the first weights
  readonly weightsOf: (row: Row) => Promise<ReadonlyMap<string, HostTensor>>; // of a finished row of the same seed
}

/** The network of a row at its first weights: random, from ImageNet where the config names a checkpoint, or from another row's. */
export async function buildNetwork(row: Row, { config, splits, seed, weightsOf }: NetworkSetting): Promise<Network> {
  const { pretrained, alignStages, translationKernel, scseReduction, ...encoder } = config.model;
  const sizes = { ...encoder, numClasses: splits.classes.length };
  const checkpoint = pretrained === undefined ? undefined : await fromPretrained(pretrained);
  const random = new Random(seed);
  const [first, second] = row.train;
  const { network } = row;
  switch (network.kind) {
    case 'single': {
      const model = new SingleSensor({ ...sizes, inChannels: channelsOf(splits, first) }, random);
      if (checkpoint) startEncoder(model.stem, model.encoder, checkpoint);
      return singleNetwork(model, first);
    }
    case 'fine-tuning': {
      const weights = adaptStem(await weightsOf(network.from), channelsOf(splits, first));
      const model = new SingleSensor({ ...sizes, inChannels: channelsOf(splits, first) }, random);
      loadStateDict(model, weights);
      return singleNetwork(model, first);
    }
    case 'concatenated': {
      const channels = { m1Channels: channelsOf(splits, first), m2Channels: channelsOf(splits, second) };
      const model = new Concatenated({ ...sizes, ...channels }, random);
      if (checkpoint) {
        startEncoder(model.stemM1, model.encoderM1, checkpoint);
        startEncoder(model.stemM2, model.encoderM2, checkpoint);
      }
      const logits = (images: SensorImages, mode: Mode): tf.Tensor4D =>
        model.call({ m1: imageOf(images, first), m2: imageOf(images, second) }, mode);
      return {
        model,
        loss: (batch, pass) => crossEntropy(logits(batch, pass), batch),
        predict: (images, _test, mode) => logits(images, mode),
      };
    }
    case 'stars': {
      const channels = { m1Channels: channelsOf(splits, first), m2Channels: channelsOf(splits, second) };
      const translation = network.variant.translation ? { kernelSize: translationKernel } : (false as const);
      const model = new StarsModel({ ...sizes, ...channels, scseReduction, alignStages, translation }, random);
      if (checkpoint) loadBackbone(model, checkpoint);
      return starsNetwork(model, row, network.variant, config);
    }
  }
}

function singleNetwork(model: SingleSensor, sensor: Sensor): Network {
  return {
    model,
    loss: (batch, pass) => crossEntropy(model.call(imageOf(batch, sensor), pass), batch),
    predict: (images, _test, mode) => model.call(imageOf(images, sensor), mode),
  };
}

function starsNetwork(
  model: StarsModel,
  { train: [weak] }: Row,
  variant: StarsVariant,
  { model: { alignStages: stages }, loss }: Config,
): Network {
  const { alpha, beta, stopGradient } = variant;
  return {
    model,
    stars: model,
    loss: (batch, pass) => {
      const { labels, optical, sar: _, dsm: __, ...samples } = batch;
      const outputs = model.call({ m1: imageOf(batch, weak), m2: optical }, pass);
      const { total, ...terms } = starsTotal(
        { ...outputs, labels, samples },
        { stages, alpha, beta, stopGradient, temperature: loss.temperature },
      );
      return { total, terms: terms as Record<string, tf.Scalar> };
    },
    predict: (images, test, mode) => {
      const set = setOf(test);
      const m1 = set !== 'O' && { m1: imageOf(images, weak) };
      const m2 = set.includes('O') && { m2: imageOf(images, 'O') };
      return model.predict({ ...m1, ...m2 }, mode);
    },
  };
}

function crossEntropy(logits: tf.Tensor4D, { labels }: TrainBatch): LossTerms {
  const total = maskedCrossEntropy(logits, labels);
  return { total, terms: {} };
}

function startEncoder(stem: SingleSensor['stem'], encoder: SingleSensor['encoder'], checkpoint: ReadonlyMap<string, HostTensor>): void {
  loadResNet(encoder, checkpoint);
  loadResNetStem(stem, checkpoint);
}

function imageOf(images: SensorImages, sensor: Sensor): tf.Tensor4D {
  const image = images[roleOf[sensor]];
  if (!image) throw new Error(`the network needs ${roleOf[sensor]} images, found ${Object.keys(images).join(', ') || 'none'}`);
  return image;
}

function channelsOf({ channels, dataset }: TileSplits, sensor: Sensor): number {
  const count = channels[sensor];
  if (count === undefined) throw new Error(`${dataset} has no ${roleOf[sensor]} images`);
  return count;
}
