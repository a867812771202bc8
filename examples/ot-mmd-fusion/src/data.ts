import type * as tf from '@tensorflow/tfjs-core';
import type { LoadedSample } from '@rs/datasets';
import { completeTensors, type CompleteSample, type Splits } from '@rs/experiments';
import type { DataSource } from '@rs/train';
import type { Pair } from './rows.js';

/** An image, what the second sensor saw, and labels, on one grid: the second sensor is `dsm` (elevation) or `sar`. */
export type PairSample = CompleteSample<'optical' | 'label'> & Pick<LoadedSample, 'dsm' | 'sar'>;

/** NHWC: image and aux scaled to about [0,1], labels int32 with 255 ignored. */
export type PairTensors = { readonly image: tf.Tensor4D; readonly aux: tf.Tensor4D; readonly labels: tf.Tensor3D };

/** What a train step sees. */
export type TrainBatch = PairTensors & { readonly ids: readonly string[] };

export interface BatchOptions {
  readonly window: number; // pixels a side
  readonly flips: boolean;
  readonly batchSize: number;
  readonly seed: number;
}

/** The files or scenes of a run. */
export interface PairSplits extends Splits<PairSample> {
  readonly pair: Pair;
  readonly display: readonly [number, number, number]; // bands of the image shown as red, green, blue
  readonly meanClasses?: readonly number[]; // classes that enter mIoU and mF1; default: all
  readonly trainingBatches: (options: BatchOptions) => DataSource<TrainBatch>;
}

/** The sensors of a pair by their role in a network. The caller disposes the tensors. */
export function pairTensors(samples: readonly PairSample[]): PairTensors {
  return byRole(completeTensors<'optical' | 'label'>(samples)); // holds the second sensor, too
}

/** Renames what `toTensors` made of samples that hold an image, one second sensor, and labels. */
export function byRole({ optical, labels, dsm, sar }: SensorTensors): PairTensors {
  return { image: optical, aux: (dsm ?? sar)!, labels };
}

type SensorTensors = {
  readonly optical: tf.Tensor4D;
  readonly labels: tf.Tensor3D;
  readonly dsm?: tf.Tensor4D;
  readonly sar?: tf.Tensor4D;
};
