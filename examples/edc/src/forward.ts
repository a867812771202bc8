import type * as tf from '@tensorflow/tfjs-core';
import { capture, type Captured } from '@rs/engine';
import type { EdcInputs } from './model.js';
import type { CloudRemover, Segmenter } from './network.js';

export type ForwardInputs = { readonly [K in keyof EdcInputs]: tf.Tensor4D };
export type ForwardOutputs = { readonly logits: tf.Tensor4D; readonly reconstruction?: tf.Tensor4D };

/** A network in eval mode: logits before they are resized, and the reconstruction where it has one. */
export type Forward = (inputs: ForwardInputs) => ForwardOutputs;

/** A network that removes clouds alone, in eval mode. */
export type RemovalForward = (inputs: ForwardInputs) => { readonly reconstruction: tf.Tensor4D };

/** The network in eval mode, op by op. */
export const forwardOf =
  (model: Segmenter, { reconstruct = true }: { readonly reconstruct?: boolean } = {}): Forward =>
  (inputs) => {
    const { headLogits: logits, reconstruction } = model.call(inputs, 'eval', { reconstruct });
    return { logits, ...(reconstruction && { reconstruction }) };
  };

export const removalForwardOf =
  (model: CloudRemover): RemovalForward =>
  (inputs) => ({ reconstruction: model.call(inputs, 'eval').reconstruction });

/** A network in eval mode as one graph for each shape of input. The caller disposes it. */
export function capturedForward<F extends Forward | RemovalForward>(
  forward: F,
  { eager }: { readonly eager: boolean },
): Captured<ForwardInputs, ReturnType<F> & Record<string, tf.Tensor>> {
  return capture(forward as unknown as (inputs: ForwardInputs) => ReturnType<F> & Record<string, tf.Tensor>, { eager });
}
