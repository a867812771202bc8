import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { EDC, type EdcConfig } from '@rs/example-edc';
import { edcTotal } from '@rs/losses';
import { disposeModule, parameters, Random } from '@rs/nn';
import { adamW, GradientPass, Optimizer, type Batch } from '@rs/train';
import type { BenchCase } from './cases.js';

/** One forward pass or one whole train step, as the example app runs it, over fixed random images. Returns a value that waits for the result. */
export interface Prepared {
  run(): number;
  dispose(): void;
}

interface StepBatch extends Batch {
  readonly optical: tf.Tensor4D;
  readonly sar: tf.Tensor4D;
  readonly target: tf.Tensor4D;
  readonly labels: tf.Tensor3D;
  readonly mask: tf.Tensor3D;
  readonly teacher: tf.Tensor4D;
}

/** @param eager op by op instead of as captured graphs */
export function prepare({ kind, batch, size, gamma, model: config }: BenchCase, eager = false): Prepared {
  const model = new EDC(config as unknown as EdcConfig, new Random(0));
  const uniform = (shape: [number, number, number, number], seed: number): tf.Tensor4D => tf.randomUniform(shape, 0, 1, 'float32', seed);
  const optical = uniform([batch, size, size, 4], 1);
  const sar = uniform([batch, size, size, 2], 2);
  if (kind === 'forward') {
    const forward = capture((inputs: { optical: tf.Tensor4D; sar: tf.Tensor4D }) => ({ logits: model.call(inputs, 'eval').logits }), {
      eager,
    });
    return {
      run: () => {
        const { logits } = forward({ optical, sar });
        const [first] = logits.dataSync();
        logits.dispose();
        return first;
      },
      dispose: () => {
        forward.dispose();
        disposeModule(model);
        tf.dispose([optical, sar]);
      },
    };
  }
  const draw = (seed: number, below: number): tf.Tensor3D =>
    tf.tidy(() => tf.floor(tf.randomUniform([batch, size, size], 0, below, 'float32', seed)));
  const tensors = {
    optical,
    sar,
    target: uniform([batch, size, size, 4], 3),
    labels: tf.tidy(() => tf.cast(draw(4, config.numClasses), 'int32')) as tf.Tensor3D,
    mask: draw(5, 2),
    teacher: uniform([batch, size / 2, size / 2, config.decoderChannels[3]], 6),
  };
  const trained = parameters(model);
  const captureStep = (fn: Parameters<typeof capture>[0]): ReturnType<typeof capture> => capture(fn, { eager });
  const optimizer = new Optimizer(adamW({ weightDecay: 1e-4 }), trained, { capture: captureStep });
  const pass = new GradientPass<StepBatch>(
    trained,
    ({ labels, mask, target, teacher, ...images }, training) => {
      const { logits, reconstruction, decoderFeatures } = model.call(images, training);
      return edcTotal({ logits, labels, mask, reconstruction, target, student: decoderFeatures, teacher }, { gamma });
    },
    captureStep,
  );
  let step = 0;
  return {
    run: () => {
      const { total, terms, gradients, statistics } = pass.call({ ids: [], ...tensors }, step++);
      optimizer.step(gradients, 1e-4);
      for (const [variable, value] of statistics) variable.assign(value as tf.Tensor<tf.Rank>);
      const [loss] = total.dataSync();
      tf.dispose([total, terms, [...gradients.values()], [...statistics.values()]] as tf.TensorContainer);
      return loss;
    },
    dispose: () => {
      pass.dispose();
      optimizer.dispose();
      disposeModule(model);
      tf.dispose(Object.values(tensors));
    },
  };
}
