import * as tf from '@tensorflow/tfjs-core';
import { gatherRows } from '@rs/nn';
import { negativeCosineSimilarity, type NegativeCosineSimilarityOptions } from './negative-cosine-similarity.js';
import { starsSegmentation, type StarsSegmentationOptions } from './stars-segmentation.js';
import { supervisedCrossModalInfoNce, type SupervisedCrossModalInfoNceOptions } from './supervised-cross-modal-info-nce.js';

/** Features of one stage, [N,h,w,C]. */
export interface StarsFeatures {
  readonly sharedM1: tf.Tensor4D;
  readonly sharedM2: tf.Tensor4D;
  readonly translatedM1: tf.Tensor4D; // sharedM1 translated to the second sensor
  readonly translatedM2: tf.Tensor4D;
}

type StageSample = `${'indices' | 'classes'}Stage${number}`;

export interface StarsLossInputs {
  readonly logitsM1: tf.Tensor4D; // [N,H,W,K]
  readonly logitsM2: tf.Tensor4D;
  readonly logitsFuse: tf.Tensor4D;
  readonly labels: tf.Tensor3D; // [N,H,W] int32
  readonly aligned?: Readonly<Record<number, StarsFeatures | undefined>>; // by stage
  /** [M] int32: `indicesStage3` of pixels (n h + y) w + x, `classesStage3` their classes, -1 for one that only fills up; and of each other stage. */
  readonly samples?: Readonly<Record<StageSample, tf.Tensor1D | undefined>>;
}

export interface StarsTotalOptions extends StarsSegmentationOptions, NegativeCosineSimilarityOptions, SupervisedCrossModalInfoNceOptions {
  readonly stages?: readonly number[]; // that are aligned; default [3, 4]
  readonly alpha?: number; // weight of psc; default 0.5
  readonly beta?: number; // weight of ncs; default 0.2
}

export interface StarsLoss {
  readonly total: tf.Scalar;
  readonly seg: tf.Scalar;
  readonly psc?: tf.Scalar; // pixel-level semantic consistency, of the untranslated features
  readonly ncs?: tf.Scalar; // negative cosine similarity of the translated ones
}

/**
 * The training loss of STARS, eq. (7), and its terms (for the log; a gradient is of the total):
 *
 *     total = seg + alpha mean_stages psc + beta mean_stages ncs
 *
 * A term whose tensors are absent is absent from the result; one whose weight is 0 is reported and does not enter the total.
 *
 * @throws Error when a term of a weight above 0 lacks the tensors of a stage
 * @throws RangeError when the shapes do not fit (see the terms)
 */
export function starsTotal(
  { logitsM1, logitsM2, logitsFuse, labels, aligned, samples }: StarsLossInputs,
  { stages = [3, 4], alpha = 0.5, beta = 0.2, ...terms }: StarsTotalOptions = {},
): StarsLoss {
  const features = present(
    { aligned },
    stages.map((stage) => [`stage ${stage}`, aligned?.[stage]]),
    { alpha, beta },
  );
  const drawn = present(
    { samples },
    stages.flatMap((stage) =>
      (['indices', 'classes'] as const).map((kind) => [`${kind}Stage${stage}`, samples?.[`${kind}Stage${stage}`]] as const),
    ),
    { alpha },
  );
  return tf.tidy(() => {
    const seg = starsSegmentation(logitsM1, logitsM2, logitsFuse, labels, terms);
    const psc = features && drawn && mean(features.map((stage, i) => semanticConsistency(stage, drawn[2 * i], drawn[2 * i + 1], terms)));
    const ncs =
      features &&
      mean(
        features.map(({ translatedM1, sharedM1, translatedM2, sharedM2 }) =>
          negativeCosineSimilarity(translatedM1, sharedM1, translatedM2, sharedM2, terms),
        ),
      );
    let total = seg;
    if (psc && alpha !== 0) total = tf.add(total, tf.mul(psc, alpha));
    if (ncs && beta !== 0) total = tf.add(total, tf.mul(ncs, beta));
    return { total: total === seg ? tf.clone(total) : total, seg, psc, ncs };
  });
}

function semanticConsistency(
  { sharedM1, sharedM2 }: StarsFeatures,
  indices: tf.Tensor1D,
  classes: tf.Tensor1D,
  options: SupervisedCrossModalInfoNceOptions,
): tf.Scalar {
  const rows = (map: tf.Tensor4D): tf.Tensor2D => gatherRows(tf.reshape(map, [-1, map.shape[3]]), indices);
  return supervisedCrossModalInfoNce(rows(sharedM1), rows(sharedM2), classes, options);
}

const mean = (terms: readonly tf.Scalar[]): tf.Scalar => tf.div(tf.addN([...terms]), terms.length);

/** The parts of all stages, or undefined where the whole is absent and no weight asks for it. */
function present<T>(
  whole: Record<string, unknown>,
  parts: readonly (readonly [string, T | undefined])[],
  weights: Record<string, number>,
): T[] | undefined {
  const [[name, value]] = Object.entries(whole);
  const asking = Object.entries(weights).filter(([, weight]) => weight !== 0);
  if (value === undefined && asking.length === 0) return undefined;
  const missing = parts.filter(([, part]) => part === undefined).map(([part]) => part);
  if (missing.length > 0) {
    const reason = asking.length > 0 ? ` with ${asking.map(([symbol, weight]) => `${symbol} ${weight}`).join(' and ')}` : '';
    throw new Error(`starsTotal: ${name} must hold ${missing.join(', ')}${reason}`);
  }
  return parts.map(([, part]) => part as T);
}
