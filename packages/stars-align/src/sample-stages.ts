import * as tf from '@tensorflow/tfjs-core';
import { assertShape, type Random } from '@rs/nn';
import { downsampleLabels } from './downsample-labels.js';
import type { PixelClasses, PixelSamples } from './pixel-classes.js';
import { sampleClassBalanced } from './sample-class-balanced.js';
import { samplePixelsAll } from './sample-pixels-all.js';
import type { Stage } from './stars-model.js';

/** The class of an entry that only fills up a fixed length; losses pass it over. */
export const paddingClass = -1;

export interface StageSampling extends PixelClasses {
  readonly stages?: readonly Stage[]; // default [3, 4]
  readonly perClass?: number | 'all'; // pixels of each class that is there, or every pixel once; default 32
}

/** `indicesStage3`, `classesStage3`, ... [M] int32 */
export type StageSamples = Partial<Record<`${'indices' | 'classes'}Stage${Stage}`, tf.Tensor1D>>;

/**
 * The samples of a batch for each aligned stage, each drawn on its own grid, as tensors of a length that never changes (`padSamples`): perClass
 * for each class of the list that may be sampled, or one for each pixel. They belong into the batch of a train step.
 *
 * @param labels [N,H,W] int32, of the images; H and W multiples of 32
 * @throws RangeError for a label beyond the class list, naming it
 */
export function sampleStages(
  labels: tf.Tensor3D,
  { stages = [3, 4], perClass = 32, ...classes }: StageSampling,
  random: Random,
): StageSamples {
  assertShape('sampleStages: labels', labels, [null, null, null]);
  const sampled: StageSamples = {};
  for (const stage of stages) {
    const { indices, classes: ofPixels } = stageSamples(labels, 2 ** (stage + 1), { ...classes, perClass }, random);
    sampled[`indicesStage${stage}`] = tf.tensor1d(indices, 'int32');
    sampled[`classesStage${stage}`] = tf.tensor1d(ofPixels, 'int32');
  }
  return sampled;
}

function stageSamples(
  labels: tf.Tensor3D,
  stride: number,
  { perClass, ...classes }: PixelClasses & { perClass: number | 'all' },
  random: Random,
): PixelSamples {
  const coarse = downsampleLabels(labels, { height: labels.shape[1] / stride, width: labels.shape[2] / stride });
  const values = coarse.dataSync();
  coarse.dispose();
  if (perClass === 'all') return padSamples(samplePixelsAll(values, classes), values.length);
  const { numClasses, ignoreIndex = 255, excludeClasses = [] } = classes;
  const sampled = Array.from({ length: numClasses }, (_, id) => id).filter((id) => id !== ignoreIndex && !excludeClasses.includes(id));
  return padSamples(sampleClassBalanced(values, { ...classes, perClass }, random), perClass * sampled.length);
}

/**
 * The samples at a fixed length, so that a train step keeps one shape whichever classes a batch holds: the rest has index 0 and `paddingClass`.
 *
 * @throws RangeError when there are more samples than that
 */
export function padSamples({ indices, classes }: PixelSamples, length: number): PixelSamples {
  if (indices.length > length) throw new RangeError(`padSamples: length must be at least the ${indices.length} samples, got ${length}`);
  const padded = { indices: new Int32Array(length), classes: new Int32Array(length).fill(paddingClass) };
  padded.indices.set(indices);
  padded.classes.set(classes);
  return padded;
}
