import * as tf from '@tensorflow/tfjs-core';
import { capture, type NamedTensors } from '@rs/engine';
import { disposeModule } from '@rs/nn';
import type { Prepared } from './prepared.js';

/** A network's forward pass in eval mode; the first of its outputs is waited for. */
export function prepareForward(
  module: object,
  inputs: NamedTensors,
  call: (inputs: NamedTensors) => NamedTensors,
  eager: boolean,
): Prepared {
  const forward = capture(call, { eager, frozen: true });
  return {
    run: () => {
      const outputs = forward(inputs);
      Object.values(outputs)[0].dataSync();
      tf.dispose(outputs as tf.TensorContainer);
    },
    dispose: () => {
      forward.dispose();
      disposeModule(module);
      tf.dispose(inputs as tf.TensorContainer);
    },
  };
}
