import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { completeTensors } from '@rs/experiments';
import { ovsegLoss } from '@rs/losses';
import { argmaxLabels, SegmentationAccumulator } from '@rs/metrics';
import { disposeModule, Linear, Random, resize, torchInit } from '@rs/nn';
import { adamW, cosineToZero, fit, shuffledBatches, type LossTerms } from '@rs/train';
import type { Config } from './config.js';
import { tileBatches, type ClearTile, type Tiles } from './tiles.js';

/** Maps of frozen features [B,h,w,D] of images [B,H,W,3] in 0..255. */
export type Features = (image: tf.Tensor4D) => tf.Tensor4D;

export interface ProbeOptions {
  readonly config: Config;
  readonly role: 'optical' | 'sar';
  readonly train: Tiles<ClearTile>;
  readonly tests: readonly Tiles<ClearTile>[];
  readonly numClasses: number;
  readonly seed: number;
  readonly eager: boolean;
}

/** A linear classifier of frozen features, trained with all labels: mIoU on each of the tests. It measures an encoder; nothing else sees these labels. */
export async function probe(features: Features, options: ProbeOptions): Promise<number[]> {
  const { config, role, train, tests, numClasses, seed, eager } = options;
  const { steps, batchSize, rate } = config.pretraining.probe;
  const known = await featuresOf(features, train, role);
  const [count, , , channels] = known.maps.shape;
  const placeOf = shuffledBatches({ seed, count, batchSize });
  const classifier = new Linear({ inFeatures: channels, outFeatures: numClasses }, torchInit(new Random(seed)));
  try {
    await fit({
      model: classifier,
      loss: ({ maps, labels }: FeatureBatch): LossTerms => ({ total: ovsegLoss(classifier.call(maps), labels, { kind: 'ce' }) }),
      data: (position): FeatureBatch => {
        const { indices } = placeOf(position);
        const [maps, labels] = tf.tidy(() => [tf.gather(known.maps, [...indices]), tf.gather(known.labels, [...indices])]);
        return { ids: indices.map(String), maps: maps as tf.Tensor4D, labels: labels as tf.Tensor3D };
      },
      rule: adamW({ weightDecay: 0 }),
      schedule: cosineToZero({ rate, steps }),
      steps,
      seed,
      eager,
      quiet: true,
    });
    const scored: number[] = [];
    for (const test of tests)
      scored.push(await meanIoUOf((image) => classifier.call(features(image)), { tiles: test, role, numClasses, eager }));
    return scored;
  } finally {
    disposeModule(classifier);
    tf.dispose(known);
  }
}

type FeatureBatch = { readonly ids: readonly string[]; readonly maps: tf.Tensor4D; readonly labels: tf.Tensor3D };

/** Of all tiles, computed once. */
async function featuresOf(
  features: Features,
  tiles: Tiles<ClearTile>,
  role: 'optical' | 'sar',
): Promise<{ maps: tf.Tensor4D; labels: tf.Tensor3D }> {
  const maps: tf.Tensor4D[] = [];
  const labels: tf.Tensor3D[] = [];
  for await (const batch of tileBatches(tiles, scoredTogether)) {
    const tensors = completeTensors<'optical' | 'sar' | 'label'>(batch);
    maps.push(tf.tidy(() => features(tensors[role])));
    labels.push(tensors.labels);
    tf.dispose([tensors.optical, tensors.sar]);
  }
  const joined = { maps: tf.concat(maps), labels: tf.concat(labels) };
  tf.dispose([...maps, ...labels]);
  return joined;
}

const scoredTogether = 32; // tiles a forward pass

export interface DenseScoreOptions {
  readonly tiles: Tiles<ClearTile>;
  readonly role: 'optical' | 'sar';
  readonly numClasses: number;
  readonly eager: boolean;
}

/** mIoU of score maps [B,h,w,T], resized to the labels. */
export async function meanIoUOf(scoresOf: Features, { tiles, role, numClasses, eager }: DenseScoreOptions): Promise<number> {
  const accumulator = new SegmentationAccumulator({ numClasses, ignoreIndex: 255, meanOver: 'target' });
  const { height, width } = (await tiles.load(tiles.samples[0])).label;
  const forward = capture(
    ({ image }: { image: tf.Tensor4D }) => ({ scores: resize(scoresOf(image), { size: [height, width], mode: 'bilinear' }) }),
    { eager },
  );
  try {
    for await (const batch of tileBatches(tiles, scoredTogether)) {
      const tensors = completeTensors<'optical' | 'sar' | 'label'>(batch);
      const { scores } = forward({ image: tensors[role] });
      accumulator.update(tensors.labels, argmaxLabels(scores));
      scores.dispose();
      tf.dispose(tensors as tf.TensorContainer);
    }
  } finally {
    forward.dispose();
  }
  return accumulator.compute().mIoU;
}
