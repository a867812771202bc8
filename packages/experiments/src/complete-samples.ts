import type * as tf from '@tensorflow/tfjs-core';
import { toTensors, type ImageRole, type LoadedSample } from '@rs/datasets';

/** What a sample may hold: images, labels, a cloud mask. */
export type Role = ImageRole | 'label' | 'cloudMask';

/** A sample that holds the roles R. */
export type CompleteSample<R extends Role> = LoadedSample & Required<Pick<LoadedSample, R>>;

/** The tensors of samples that hold the roles R, under the names of `toTensors`: images [N,H,W,C], labels and cloudMask [N,H,W]. */
export type CompleteTensors<R extends Role> = {
  readonly [K in R as K extends 'label' ? 'labels' : K]: K extends ImageRole ? tf.Tensor4D : tf.Tensor3D;
};

/** The sample, once it is known to hold `roles`. @throws Error naming the sample and the first role that it has not */
export function completeSample<R extends Role>(sample: LoadedSample, roles: readonly R[]): CompleteSample<R> {
  const missing = roles.find((role) => !sample[role]);
  if (missing !== undefined) throw new Error(`sample ${sample.id} has no ${missing}`);
  return sample as CompleteSample<R>;
}

/** Stacks samples; the caller disposes the tensors. @throws RangeError where they differ in size */
export const completeTensors = <R extends Role>(samples: readonly CompleteSample<R>[]): CompleteTensors<R> =>
  toTensors(samples) as CompleteTensors<R>;
