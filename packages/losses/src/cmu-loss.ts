import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';
import { patchInfoNce, type PatchInfoNceOptions } from './patch-info-nce.js';

export interface CmuLossOptions extends PatchInfoNceOptions {
  /** What draws the tokens together: contrast (default), or the mean squared or absolute difference of the raw tokens. */
  readonly kind?: 'infonce' | 'mse' | 'l1';
}

/**
 * Cross-modal unification, MM-OVSeg: how far the SAR encoder is from the RGB encoder, mean over the tapped blocks.
 *
 * @param sars [B,N,D] patch tokens of each block
 * @param rgbs [B,N,D] patch tokens of the same blocks of the frozen encoder
 * @returns scalar
 * @throws RangeError when the numbers of blocks or the shapes of a pair differ, or there is no block
 */
export function cmuLoss(
  sars: readonly tf.Tensor3D[],
  rgbs: readonly tf.Tensor3D[],
  { kind = 'infonce', ...options }: CmuLossOptions = {},
): tf.Scalar {
  if (sars.length === 0 || sars.length !== rgbs.length)
    throw new RangeError(`cmuLoss: sars and rgbs must hold the same blocks, one or more, got ${sars.length} and ${rgbs.length}`);
  sars.forEach((sar, i) => assertShape(`cmuLoss: rgbs[${i}]`, rgbs[i], sar.shape));
  return tf.tidy(() => {
    const blocks = sars.map((sar, i) => (kind === 'infonce' ? patchInfoNce(sar, rgbs[i], options) : meanDifference(sar, rgbs[i], kind)));
    return tf.div(tf.addN(blocks), blocks.length);
  });
}

/** Mean of d^2 or |d| over all elements; the gradient of |d| at 0 is 0. */
function meanDifference(sar: tf.Tensor3D, rgb: tf.Tensor3D, kind: 'mse' | 'l1'): tf.Scalar {
  const mean = tf.customGrad((given, save) => {
    const d = given as tf.Tensor;
    (save as tf.GradSaveFunc)([d]);
    return {
      value: tf.mean(kind === 'mse' ? tf.square(d) : tf.abs(d)),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
        kind === 'mse' ? tf.mul(saved, tf.mul(dy, 2 / saved.size)) : tf.mul(tf.sign(saved), tf.div(dy, saved.size)),
    };
  });
  return mean(tf.sub(sar, rgb)) as tf.Scalar;
}
