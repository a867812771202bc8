import * as tf from '@tensorflow/tfjs-core';
import { EDC, type EdcConfig } from '@rs/example-edc';
import { edcTotal } from '@rs/losses';
import { disposeModule, parameters, Random, TrainPass } from '@rs/nn';
import { adamW, lossAndGradients, Optimizer } from '@rs/train';
import type { BenchCase } from './cases.js';

/** One forward pass or one whole train step, as the example app does it, over fixed random images. Returns a value that waits for the result. */
export interface Prepared {
  run(): number;
  dispose(): void;
}

export function prepare({ kind, batch, size, gamma, model: config }: BenchCase): Prepared {
  const model = new EDC(config as unknown as EdcConfig, new Random(0));
  const uniform = (shape: [number, number, number, number], seed: number): tf.Tensor4D => tf.randomUniform(shape, 0, 1, 'float32', seed);
  const optical = uniform([batch, size, size, 4], 1);
  const sar = uniform([batch, size, size, 2], 2);
  if (kind === 'forward') {
    return {
      run: () => tf.tidy(() => tf.sum(model.call({ optical, sar }, 'eval').logits).dataSync()[0]),
      dispose: () => {
        disposeModule(model);
        tf.dispose([optical, sar]);
      },
    };
  }
  const target = uniform([batch, size, size, 4], 3);
  const labels = tf.tidy(() =>
    tf.cast(tf.floor(tf.randomUniform([batch, size, size], 0, config.numClasses, 'float32', 4)), 'int32'),
  ) as tf.Tensor3D;
  const mask = tf.tidy(() => tf.cast(tf.less(tf.randomUniform([batch, size, size], 0, 1, 'float32', 5), 0.5), 'float32')) as tf.Tensor3D;
  const teacher = uniform([batch, size / 2, size / 2, config.decoderChannels[3]], 6);
  const trained = parameters(model);
  const optimizer = new Optimizer(adamW({ weightDecay: 1e-4 }), trained);
  let step = 0;
  return {
    run: () => {
      const pass = new TrainPass(step++);
      const { total, terms, gradients } = lossAndGradients(trained, () => {
        const { logits, reconstruction, decoderFeatures } = model.call({ optical, sar }, pass);
        return edcTotal({ logits, labels, mask, reconstruction, target, student: decoderFeatures, teacher }, { gamma });
      });
      optimizer.step(gradients, 1e-4);
      pass.commit();
      const loss = total.dataSync()[0];
      tf.dispose([total, ...Object.values(terms ?? {}), ...gradients.values()]);
      return loss;
    },
    dispose: () => {
      optimizer.dispose();
      disposeModule(model);
      tf.dispose([optical, sar, target, labels, mask, teacher]);
    },
  };
}
