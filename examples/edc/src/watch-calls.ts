import type * as tf from '@tensorflow/tfjs-core';

/** A layer by its `call`. */
export type Layer = object & { call(x: tf.Tensor, ...rest: unknown[]): tf.Tensor };

/** Runs `work`, and tells `seen` the arguments and the result of each call of `layers` meanwhile; both are disposed by whoever does so anyway. */
export function watchCalls<L extends Layer>(
  layers: readonly L[],
  seen: (layer: L, output: tf.Tensor, x: tf.Tensor, ...rest: unknown[]) => void,
  work: () => void,
): void {
  for (const layer of layers) {
    const call = layer.call.bind(layer);
    layer.call = (x, ...rest) => {
      const output = call(x, ...rest);
      seen(layer, output, x, ...rest);
      return output;
    };
  }
  try {
    work();
  } finally {
    for (const layer of layers) delete (layer as { call?: unknown }).call; // uncovers the method of the class
  }
}
