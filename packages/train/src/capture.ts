import type * as tf from '@tensorflow/tfjs-core';

export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** A function of tensors that may run as one graph; `dispose` frees it. */
export type CapturedFunction = ((inputs: NamedTensors) => NamedTensors) & { dispose(): void };

/** `capture` of @rs/engine: the same function of the same inputs, faster. What it returns is the caller's. */
export type Capture = (fn: (inputs: NamedTensors) => NamedTensors) => CapturedFunction;

/** Without capture: the function as it is. */
export const eagerly: Capture = (fn) => Object.assign((inputs: NamedTensors) => fn(inputs), { dispose: () => undefined });
