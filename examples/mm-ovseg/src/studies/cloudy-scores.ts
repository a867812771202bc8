import * as tf from '@tensorflow/tfjs-core';
import { completeTensors } from '@rs/experiments';
import { argmaxLabels, groupedMeanIoU, SegmentationAccumulator } from '@rs/metrics';
import type { Forward } from '../evaluate.js';
import { tileBatches, type Tile, type Tiles } from '../tiles.js';

/** Of the pixels under clouds; fractions, NaN for a group without pixels. */
export interface CloudyScores {
  readonly mIoU: number; // of the classes that are there
  readonly seen: number;
  readonly unseen: number;
  readonly elsewhere: number; // share of the pixels that went to words which stand for no class
}

export interface ScoredWords {
  readonly classOf: readonly number[]; // class id of each word; -1: it stands for no class
  readonly groups: { readonly seen: readonly number[]; readonly unseen: readonly number[] };
  readonly numClasses: number;
}

/** Scores a model by words of which several may stand for one class, or some for none. Labels of classes without a word are left out. */
export async function cloudyScores(
  forward: Forward,
  tiles: Tiles<Tile>,
  { classOf, groups, numClasses }: ScoredWords,
): Promise<CloudyScores> {
  const none = numClasses; // an id for what is no class; no label has it
  const scores = new SegmentationAccumulator({ numClasses: numClasses + 1, ignoreIndex: 255, meanOver: 'target' });
  for await (const batch of tileBatches(tiles, 32)) {
    const tensors = completeTensors<'optical' | 'sar' | 'label' | 'cloudMask'>(batch);
    const { logits } = forward({ image: tensors.optical, sar: tensors.sar });
    const { shape, data } = argmaxLabels({ shape: logits.shape, data: logits.dataSync() as Float32Array });
    const ids = Int32Array.from(data, (word) => (classOf[word] < 0 ? none : classOf[word]));
    const labels = Int32Array.from(tensors.labels.dataSync(), (label) => (classOf.includes(label) ? label : 255));
    scores.update({ shape, data: labels }, { shape, data: ids }, { shape, data: tensors.cloudMask.dataSync() });
    tf.dispose([logits, tensors as tf.TensorContainer]);
  }
  const { confusion, mIoU } = scores.compute();
  const { seen, unseen } = groupedMeanIoU({ confusion, groups });
  const counts = [...confusion.data].map(Number);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const lost = counts.reduce((sum, count, i) => sum + (i % (numClasses + 1) === none ? count : 0), 0);
  return { mIoU, seen, unseen, elsewhere: lost / total };
}
