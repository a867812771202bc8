import type * as tf from '@tensorflow/tfjs-core';
import { capture, type Captured } from '@rs/engine';
import type { EDC } from './model.js';
import type { ForwardInputs } from './sliding-windows.js';

export type CapturedForward = Captured<
  ForwardInputs,
  { readonly headLogits: tf.Tensor4D; readonly reconstruction?: tf.Tensor4D } & Record<string, tf.Tensor>
>;

/** The network in eval mode, as one graph for each shape of input. The caller disposes it. */
export function forwardOf(model: EDC, { eager }: { readonly eager: boolean }): CapturedForward {
  const forward = (inputs: ForwardInputs) => {
    const { headLogits, reconstruction } = model.call(inputs, 'eval');
    return { headLogits, ...(reconstruction && { reconstruction }) } as { headLogits: tf.Tensor4D } & Record<string, tf.Tensor>;
  };
  return capture(forward, { eager });
}
