import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { completeTensors, trainingSource, type SampleBatch } from '@rs/experiments';
import { ovsegLoss } from '@rs/losses';
import { argmaxLabels, SegmentationAccumulator } from '@rs/metrics';
import { disposeModule, Linear, Random, resize, torchInit } from '@rs/nn';
import { adamW, cosineToZero, fit, type LossTerms } from '@rs/train';
import type { Config } from './config.js';
import { tileBatches, type ClearTile, type Tiles } from './tiles.js';

/** Maps of frozen features [B,h,w,D] of images [B,H,W,3] in 0..255. */
export type Features = (image: tf.Tensor4D) => tf.Tensor4D;

export interface ProbeOptions {
  readonly config: Config;
  readonly role: 'optical' | 'sar';
  readonly train: Tiles<ClearTile>;
  readonly tests: readonly Tiles<ClearTile>[];
  readonly channels: number; // D
  readonly numClasses: number;
  readonly seed: number;
  readonly eager: boolean;
}

/** A linear classifier of frozen features, trained with all labels: mIoU on each of the tests. It measures an encoder; nothing else sees these labels. */
export async function probe(features: Features, options: ProbeOptions): Promise<number[]> {
  const { config, role, train, tests, channels, numClasses, seed, eager } = options;
  const { steps, batchSize, rate } = config.pretraining.probe;
  const classifier = new Linear({ inFeatures: channels, outFeatures: numClasses }, torchInit(new Random(seed)));
  const { source } = trainingSource<'optical' | 'sar' | 'label'>({ ...train, crop: config.data.size, symmetries: true, batchSize, seed });
  const loss = (batch: SampleBatch<'optical' | 'sar' | 'label'>): LossTerms => {
    const logits = classifier.call(features(batch[role]));
    return { total: ovsegLoss(logits, batch.labels, { kind: 'ce' }) };
  };
  try {
    await fit({
      model: classifier,
      loss,
      data: source,
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
  }
}

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
    for await (const batch of tileBatches(tiles, 32)) {
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
