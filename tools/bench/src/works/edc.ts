import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { EDC, type EdcConfig } from '@rs/example-edc';
import { edcTotal } from '@rs/losses';
import { disposeModule, parameters, Random } from '@rs/nn';
import { adamW, GradientPass, Optimizer, type Batch } from '@rs/train';
import type { Work } from '../cases.js';
import { prepareForward } from './forward.js';
import { prepareOnnx } from './onnx.js';
import type { Prepared } from './prepared.js';
import { uniform, wholeNumbers } from './random-tensors.js';

type EdcForward = Extract<Work, { kind: 'edc-forward' }>;
type EdcStep = Extract<Work, { kind: 'edc-step' }>;

interface StepBatch extends Batch {
  readonly optical: tf.Tensor4D;
  readonly sar: tf.Tensor4D;
  readonly target: tf.Tensor4D;
  readonly labels: tf.Tensor3D;
  readonly mask: tf.Tensor3D;
  readonly teacher: tf.Tensor4D;
}

const build = ({ model }: EdcForward | EdcStep): EDC => new EDC(model as unknown as EdcConfig, new Random(0));
const images = ({ batch, size }: EdcForward | EdcStep): { optical: tf.Tensor4D; sar: tf.Tensor4D } => ({
  optical: uniform([batch, size, size, 4], 1),
  sar: uniform([batch, size, size, 2], 2),
});

/** @param file where the ONNX model goes, for onnxruntime */
export function prepareEdcForward(work: EdcForward, eager: boolean, file: string): Prepared | Promise<Prepared> {
  const model = build(work);
  const call = (inputs: Readonly<Record<string, tf.Tensor>>): { logits: tf.Tensor; reconstruction: tf.Tensor } => {
    const { logits, reconstruction } = model.call(inputs as { optical: tf.Tensor4D; sar: tf.Tensor4D }, 'eval');
    return { logits, reconstruction: reconstruction as tf.Tensor };
  };
  return work.runtime === 'onnxruntime' ? prepareOnnx(model, images(work), call, file) : prepareForward(model, images(work), call, eager);
}

/** A whole train step as the example app does it: forward, backward, AdamW, running statistics. */
export function prepareEdcStep(work: EdcStep, eager: boolean): Prepared {
  const { batch, size, gamma, model: config } = work;
  const model = build(work);
  const tensors = {
    ...images(work),
    target: uniform([batch, size, size, 4], 3),
    labels: tf.tidy(() => tf.cast(wholeNumbers([batch, size, size], config.numClasses, 4), 'int32')) as tf.Tensor3D,
    mask: wholeNumbers([batch, size, size], 2, 5),
    teacher: uniform([batch, size / 2, size / 2, config.decoderChannels[3]], 6),
  };
  const trained = parameters(model);
  const captureStep = (fn: Parameters<typeof capture>[0]): ReturnType<typeof capture> => capture(fn, { eager });
  const optimizer = new Optimizer(adamW({ weightDecay: 1e-4 }), trained, { capture: captureStep });
  const pass = new GradientPass<StepBatch>(
    trained,
    ({ labels, mask, target, teacher, ...pair }, training) => {
      const { logits, reconstruction, decoderFeatures } = model.call(pair, training);
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
      total.dataSync();
      tf.dispose([total, terms, [...gradients.values()], [...statistics.values()]] as tf.TensorContainer);
    },
    dispose: () => {
      pass.dispose();
      optimizer.dispose();
      disposeModule(model);
      tf.dispose(Object.values(tensors));
    },
  };
}
