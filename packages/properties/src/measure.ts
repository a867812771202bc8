import * as tf from '@tensorflow/tfjs-core';
import type { HostArray } from './host-array.js';

/** Arrays of one batch by name; the first axis of each is the batch. */
export type HostBatch = Readonly<Record<string, HostArray>>;

/** What laws are about: a number of a batch. A metric of host arrays is one as it stands; `onTensors` makes one of a loss. */
export type Measure<Batch extends HostBatch> = (batch: Batch) => number;

export type TensorOf<Array extends HostArray> = Array['shape'] extends readonly [number, number, number, number]
  ? tf.Tensor4D
  : Array['shape'] extends readonly [number, number, number]
    ? tf.Tensor3D
    : tf.Tensor;

export type Tensors<Batch extends HostBatch> = { readonly [Name in keyof Batch]: TensorOf<Batch[Name]> };

/** A scalar loss of tensors: images and masks float32, labels int32. */
export type TensorLoss<Batch extends HostBatch> = (batch: Tensors<Batch>) => tf.Tensor;

/** The arrays as tensors, owned by the caller. */
export function toTensors<Batch extends HostBatch>(batch: Batch): Tensors<Batch> {
  const tensors = Object.entries(batch).map(([name, { shape, data }]) => {
    const integer = data instanceof Int32Array;
    return [name, tf.tensor(integer ? data : Float32Array.from(data), [...shape], integer ? 'int32' : 'float32')];
  });
  return Object.fromEntries(tensors) as Tensors<Batch>;
}

/** A loss of tensors as a measure of host arrays; it keeps no tensor. */
export function onTensors<Batch extends HostBatch>(loss: TensorLoss<Batch>): Measure<Batch> {
  return (batch) => tf.tidy(() => scalar(loss(toTensors(batch))));
}

/** @throws Error unless the loss is one number */
export function scalar(loss: tf.Tensor): number {
  if (loss.size !== 1) throw new Error(`a loss must be a scalar, got shape [${loss.shape}]`);
  return loss.dataSync()[0];
}
