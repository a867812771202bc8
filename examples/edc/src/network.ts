import type * as tf from '@tensorflow/tfjs-core';
import type { Mode } from '@rs/nn';
import type { EdcCallOptions, EdcInputs } from './model.js';

/** A network that maps land cover: EDC, or one that it is compared with. */
export interface Segmenter {
  call(images: EdcInputs, mode: Mode, options?: EdcCallOptions): SegmenterOutputs;
}

export interface SegmenterOutputs {
  readonly headLogits: tf.Tensor4D; // [N,h,w,K], before they are resized
  readonly decoderFeatures: tf.Tensor4D; // [N,h',w',C], what is distilled
  readonly reconstruction?: tf.Tensor4D; // [N,H,W,optChannels]; absent without cloud removal
}

/** A network that paints clouds away and does nothing else. */
export interface CloudRemover {
  call(images: EdcInputs, mode: Mode): { readonly reconstruction: tf.Tensor4D }; // [N,H,W,optChannels]
}
