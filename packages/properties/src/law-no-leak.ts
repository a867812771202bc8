import * as tf from '@tensorflow/tfjs-core';
import { forAllBatches } from './for-all-batches.js';
import type { LawOptions } from './invariance-laws.js';
import { toTensors, type HostBatch, type TensorLoss } from './measure.js';

/** A loss leaves one tensor behind, its result, and disposes none of its arguments. */
export function lawNoLeak<Batch extends HostBatch>(loss: TensorLoss<Batch>, { batches, ...runs }: LawOptions<Batch>): void {
  forAllBatches(batches, runs, (batch) => {
    const tensors = toTensors(batch);
    const before = tf.memory().numTensors;
    const result = loss(tensors);
    const left = tf.memory().numTensors - before;
    const disposed = Object.entries(tensors).filter(([, tensor]) => tensor.isDisposed);
    tf.dispose([result, ...Object.values(tensors)]);
    if (disposed.length > 0) throw new Error(`the loss disposed its argument ${disposed[0][0]}`);
    if (left !== 1) throw new Error(`${left} tensors left behind, expected 1, the result`);
  });
}
