import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describeEngine, type NamedTensors } from '@rs/engine';
import { exportOnnx } from '@rs/export';
import { disposeModule } from '@rs/nn';
import type { Prepared } from './prepared.js';

/** A network's forward pass as @rs/export writes it, on onnxruntime with the threads of the engine. */
export async function prepareOnnx(
  module: object,
  inputs: NamedTensors,
  call: (inputs: NamedTensors) => NamedTensors,
  file: string,
): Promise<Prepared> {
  await exportOnnx(file, call, inputs, { module });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dataSync }]) => [name, new Tensor('float32', dataSync.call(inputs[name]), shape)]),
  );
  disposeModule(module);
  tf.dispose(inputs as tf.TensorContainer);
  const session = await InferenceSession.create(file, { intraOpNumThreads: describeEngine().threads, interOpNumThreads: 1 });
  return {
    run: async () => {
      await session.run(feeds);
    },
    dispose: () => void session.release(),
  };
}
