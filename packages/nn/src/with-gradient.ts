import * as tf from '@tensorflow/tfjs-core';

interface GradientOp<I extends Readonly<Record<string, tf.Tensor>>, O extends tf.Tensor | tf.Tensor[]> {
  readonly inputs: I;
  /** Runs the op; `save` keeps tensors for `backward`, in this order. */
  readonly forward: (save: (tensors: tf.Tensor[]) => void) => O;
  /** One function an input; only those that are asked for run. */
  readonly backward: (dy: O, saved: tf.Tensor[]) => { readonly [K in keyof I]: () => tf.Tensor };
}

interface LazyEngine {
  runKernelFunc(op: { inputs: unknown; forwardFunc: unknown; backwardsFunc: unknown }): unknown;
}

/**
 * An op with its own gradient, like `tf.customGrad`, but the gradient of an input is computed only if it is asked for: the
 * first convolution of a network needs none of its image, a frozen layer none of its weights. An op may have several outputs.
 */
export function withGradient<I extends Readonly<Record<string, tf.Tensor>>, O extends tf.Tensor | tf.Tensor[]>({
  inputs,
  forward,
  backward,
}: GradientOp<I, O>): O {
  const forwardFunc = (_backend: unknown, save: (tensors: tf.Tensor[]) => void): O => forward(save);
  return (tf.engine() as unknown as LazyEngine).runKernelFunc({ inputs, forwardFunc, backwardsFunc: backward }) as O;
}
