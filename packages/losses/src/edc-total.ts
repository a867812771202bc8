import * as tf from '@tensorflow/tfjs-core';
import { cloudMaskedCharbonnier, type CloudMaskedCharbonnierOptions } from './cloud-masked-charbonnier.js';
import { maskedCrossEntropy, type MaskedCrossEntropyOptions } from './masked-cross-entropy.js';
import { maskedFeatureDistillation, type MaskedFeatureDistillationOptions } from './masked-feature-distillation.js';

export interface EdcLossInputs {
  readonly logits: tf.Tensor4D; // [N,H,W,K]
  readonly labels: tf.Tensor3D; // [N,H,W] int32
  readonly mask: tf.Tensor3D; // [N,H',W'] 1 cloudy, 0 clear; the size of target
  readonly reconstruction?: tf.Tensor4D; // [N,h,w,C]; without it there is no cloud removal term
  readonly target?: tf.Tensor4D; // [N,H',W',C] cloud-free image
  readonly student?: tf.Tensor4D; // [N,h',w',C']; without it there is no distillation term
  readonly teacher?: tf.Tensor4D; // [N,h',w',C']
}

export interface EdcTotalOptions extends MaskedCrossEntropyOptions, CloudMaskedCharbonnierOptions, MaskedFeatureDistillationOptions {
  readonly beta?: number; // weight of cloud removal; default 1
  readonly gamma?: number; // weight of distillation; default 1
}

export interface EdcLoss {
  readonly total: tf.Scalar;
  readonly segmentation: tf.Scalar;
  readonly cloudRemoval?: tf.Scalar;
  readonly distillation?: tf.Scalar;
}

/**
 * The training loss of EDC, eq. (10), and its terms (for the log; a gradient is of the total):
 *
 *     total = segmentation + beta cloudRemoval + gamma distillation
 *
 * A term whose tensors are absent is absent from the result; one whose weight is 0 is reported and does not enter the total.
 *
 * @throws Error when a term of a weight above 0 lacks its tensors, or has only one of its two
 * @throws RangeError when the shapes do not fit (see the terms)
 */
export function edcTotal(
  { logits, labels, mask, reconstruction, target, student, teacher }: EdcLossInputs,
  { beta = 1, gamma = 1, ...terms }: EdcTotalOptions = {},
): EdcLoss {
  const removesClouds = bothOrNone({ reconstruction, target }, { beta });
  const distills = bothOrNone({ student, teacher }, { gamma });
  return tf.tidy(() => {
    const segmentation = maskedCrossEntropy(logits, labels, terms);
    const cloudRemoval = removesClouds ? cloudMaskedCharbonnier(reconstruction!, target!, mask, terms) : undefined;
    const distillation = distills ? maskedFeatureDistillation(student!, teacher!, mask, terms) : undefined;
    let total = segmentation;
    if (cloudRemoval && beta !== 0) total = tf.add(total, tf.mul(cloudRemoval, beta));
    if (distillation && gamma !== 0) total = tf.add(total, tf.mul(distillation, gamma));
    return { total: total === segmentation ? tf.clone(total) : total, segmentation, cloudRemoval, distillation };
  });
}

function bothOrNone(tensors: Record<string, tf.Tensor | undefined>, weight: Record<string, number>): boolean {
  const names = Object.keys(tensors);
  const missing = names.filter((name) => tensors[name] === undefined);
  const [[symbol, value]] = Object.entries(weight);
  if (missing.length === names.length && value === 0) return false;
  if (missing.length > 0)
    throw new Error(`edcTotal: ${missing.join(' and ')} must be given, or neither of ${names.join(', ')} with ${symbol} 0`);
  return true;
}
