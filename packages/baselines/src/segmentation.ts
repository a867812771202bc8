import type * as tf from '@tensorflow/tfjs-core';
import { resize } from '@rs/nn';
import type { OpticalSar, OpticalSarChannels } from './optical-sar.js';

export interface SegmenterConfig extends OpticalSarChannels {
  readonly numClasses: number; // K
  readonly outputSize?: readonly [number, number] | null; // of the logits; default null: the size of the input
}

/** The outputs that EDC has too, under its names. */
export type SegmentationOutputs = {
  readonly logits: tf.Tensor4D; // [N,H,W,K], or of outputSize
  readonly headLogits: tf.Tensor4D; // [N,h,w,K], before they are resized
  readonly decoderFeatures: tf.Tensor4D; // [N,h,w,C], what the head reads
  readonly stage4Cm: tf.Tensor4D; // the deepest fused features
};

/** The outputs of a network, its logits resized bilinearly to the size of the input or to `outputSize`. Called inside the network's tidy. */
export function segmentationOutputs(
  features: Omit<SegmentationOutputs, 'logits'>,
  { optical }: OpticalSar,
  outputSize: readonly [number, number] | null,
): SegmentationOutputs {
  const size = outputSize ?? ([optical.shape[1], optical.shape[2]] as const);
  return { logits: resize(features.headLogits, { size, mode: 'bilinear' }), ...features };
}
