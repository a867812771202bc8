import * as tf from '@tensorflow/tfjs-core';
import type { Captured } from '@rs/engine';
import { completeTensors, segmentationFigures, type SegmentationFigures } from '@rs/experiments';
import { argmaxLabels, CloudSplitAccumulator, groupedMeanIoU, type Confusion, type CloudSplit } from '@rs/metrics';
import { chanceIoU } from './chance.js';
import { ClassAucs } from './class-aucs.js';
import { tileBatches, type Tile, type Tiles } from './tiles.js';

/** Seen and unseen classes apart, from one confusion matrix in which all words compete. */
export interface Grouped {
  readonly seen: number;
  readonly unseen: number;
}

/** What a row of the tables is made of; fractions, not percent; NaN where there are no such pixels. */
export interface Evaluation {
  readonly tiles: number;
  readonly segmentation: CloudSplit<SegmentationFigures>;
  readonly grouped: CloudSplit<Grouped>;
  readonly auc: { readonly perClass: readonly number[]; readonly seen: number; readonly unseen: number }; // cloudy pixels
  readonly chance: CloudSplit<Grouped>; // of a uniform random guess
  readonly parameters: { readonly all: number; readonly trained: number };
  readonly secondsATile: number; // of a forward pass of a batch, after the first one
}

/** A network in eval mode: logits of a batch for a class list that it knows. */
export type Forward = Captured<{ image: tf.Tensor4D; sar: tf.Tensor4D }, { logits: tf.Tensor4D }>;

export interface EvaluateOptions {
  readonly numClasses: number;
  readonly seen: readonly number[];
  readonly batchSize: number;
  readonly parameters: Evaluation['parameters'];
}

/** Scores a model on whole tiles, all words competing: one confusion matrix over the set, clouds by the mask of the data. */
export async function evaluate(forward: Forward, tiles: Tiles<Tile>, options: EvaluateOptions): Promise<Evaluation> {
  const { numClasses, seen, batchSize, parameters } = options;
  const unseen = Array.from({ length: numClasses }, (_, id) => id).filter((id) => !seen.includes(id));
  const scores = new CloudSplitAccumulator({ numClasses, ignoreIndex: 255, meanOver: 'target' });
  const aucs = new ClassAucs(numClasses);
  const seconds: number[] = [];
  for await (const batch of tileBatches(tiles, batchSize)) {
    const tensors = completeTensors<'optical' | 'sar' | 'label' | 'cloudMask'>(batch);
    const start = performance.now();
    const { logits } = forward({ image: tensors.optical, sar: tensors.sar });
    const values = logits.dataSync() as Float32Array;
    seconds.push((performance.now() - start) / 1000 / batch.length);
    const [labels, clouds] = [tensors.labels.dataSync(), tensors.cloudMask.dataSync()];
    const { shape } = tensors.labels;
    const prediction = argmaxLabels({ shape: logits.shape, data: values });
    scores.update({ shape, data: labels }, prediction, { shape, data: clouds });
    aucs.update(values, labels, clouds);
    tf.dispose([logits]);
    tf.dispose(tensors as tf.TensorContainer);
  }
  const split = scores.compute();
  const perClass = aucs.compute();
  const each = <T>(of: (part: keyof CloudSplit<unknown>) => T): CloudSplit<T> => ({
    all: of('all'),
    cloudFree: of('cloudFree'),
    cloudy: of('cloudy'),
  });
  const groups = { seen, unseen };
  return {
    tiles: tiles.samples.length,
    segmentation: each((part) => segmentationFigures(split[part])),
    grouped: each((part) => {
      const { confusion } = split[part];
      const { seen: ofSeen, unseen: ofUnseen } = groupedMeanIoU({ confusion, groups });
      return { seen: ofSeen, unseen: ofUnseen };
    }),
    auc: { perClass, seen: mean(seen.map((id) => perClass[id])), unseen: mean(unseen.map((id) => perClass[id])) },
    chance: each((part) => chanceOf(split[part].confusion, groups)),
    parameters,
    secondsATile: mean(seconds.slice(1)),
  };
}

function chanceOf({ data, shape }: Confusion, groups: Readonly<Record<keyof Grouped, readonly number[]>>): Grouped {
  const [words] = shape;
  const counts = Array.from({ length: words }, (_, id) =>
    data.subarray(id * words, (id + 1) * words).reduce((sum, n) => sum + Number(n), 0),
  );
  const total = counts.reduce((sum, n) => sum + n, 0);
  const of = (ids: readonly number[]): number => mean(ids.filter((id) => counts[id] > 0).map((id) => chanceIoU(counts[id] / total, words)));
  return { seen: of(groups.seen), unseen: of(groups.unseen) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of seen and unseen mIoU; the paper does not report it. */
export const harmonicMean = ({ seen, unseen }: Grouped): number => (seen + unseen === 0 ? 0 : (2 * seen * unseen) / (seen + unseen));
