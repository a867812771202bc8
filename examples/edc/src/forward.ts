import type * as tf from '@tensorflow/tfjs-core';
import { capture, type Captured } from '@rs/engine';
import type { EDC, EdcInputs } from './model.js';

export type ForwardInputs = { readonly [K in keyof EdcInputs]: tf.Tensor4D };
export type ForwardOutputs = { readonly logits: tf.Tensor4D; readonly reconstruction?: tf.Tensor4D };

/** A network in eval mode: logits before they are resized, and the reconstruction where it has one. */
export type Forward = (inputs: ForwardInputs) => ForwardOutputs;

export type CapturedForward = Captured<ForwardInputs, ForwardOutputs & Record<string, tf.Tensor>>;

/** The network in eval mode, op by op. */
export const forwardOf =
  (model: EDC): Forward =>
  (inputs) => {
    const { headLogits: logits, reconstruction } = model.call(inputs, 'eval');
    return { logits, ...(reconstruction && { reconstruction }) };
  };

/** The same as one graph for each shape of input. The caller disposes it. */
export const capturedForward = (model: EDC, { eager }: { readonly eager: boolean }): CapturedForward =>
  capture(forwardOf(model) as (inputs: ForwardInputs) => ForwardOutputs & Record<string, tf.Tensor>, { eager });
