import * as tf from '@tensorflow/tfjs-core';
import { assertShape, resize } from '@rs/nn';
import { maskedBinaryCrossEntropy, type MaskedBinaryCrossEntropyOptions } from './masked-binary-cross-entropy.js';
import { maskedCrossEntropy } from './masked-cross-entropy.js';

export interface OvsegLossOptions extends MaskedBinaryCrossEntropyOptions {
  /** Each class against the rest, as in the released code (`bce`, default), or softmax over the classes, as in the paper (`ce`; always excludes). */
  readonly kind?: 'bce' | 'ce';
}

/**
 * The training loss of MM-OVSeg's second stage: the logits are resized bilinearly (half-pixel centres) to the labels, then compared.
 *
 * @param logits [B,h,w,T] scores of the training classes
 * @param target [B,H,W] int32 class ids in 0..T-1, or the ignored value
 * @returns scalar, in nats
 * @throws RangeError when the batches differ
 */
export function ovsegLoss(
  logits: tf.Tensor4D,
  target: tf.Tensor3D,
  { kind = 'bce', ignoreIndex = 255, ignored }: OvsegLossOptions = {},
): tf.Scalar {
  assertShape('ovsegLoss: logits', logits, [null, null, null, null]);
  assertShape('ovsegLoss: target', target, [logits.shape[0], null, null]);
  const [, h, w] = target.shape;
  return tf.tidy(() => {
    const sameSize = logits.shape[1] === h && logits.shape[2] === w;
    const resized = sameSize ? logits : resize(logits, { size: [h, w], mode: 'bilinear' });
    return kind === 'bce'
      ? maskedBinaryCrossEntropy(resized, target, { ignoreIndex, ignored })
      : maskedCrossEntropy(resized, target, { ignoreIndex: [ignoreIndex] });
  });
}
