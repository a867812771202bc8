import type * as tf from '@tensorflow/tfjs-core';
import { capture, type Captured } from '@rs/engine';
import type { OtMmdSegmenter } from '@rs/ot-mmd-fusion';

export type ForwardInputs = { readonly image: tf.Tensor4D; readonly aux: tf.Tensor4D };

/** A network in eval mode as one graph for each shape of input. The caller disposes it. */
export type Forward = Captured<ForwardInputs, { readonly logits: tf.Tensor4D }>;

export const capturedForward = (model: OtMmdSegmenter, options: { readonly eager: boolean; readonly frozen?: boolean }): Forward =>
  capture(({ image, aux }: ForwardInputs) => ({ logits: model.call(image, aux, 'eval').logits }), options);
