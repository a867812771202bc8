import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { disposeModule, parameters, Random } from '@rs/nn';
import { adam, clipGradNorm, GradientPass, Optimizer, type Capture } from '@rs/train';
import { expect, test } from 'vitest';
import { gatherPixels, sampleStages, StarsModel, type StarsOutputs, type StageSamples } from '../src/index.js';
import { normal, value } from './maps.js';

type Samples = Required<Pick<StageSamples, 'indicesStage3' | 'classesStage3'>>;
type Batch = Samples & { ids: string[]; m1: tf.Tensor4D; m2: tf.Tensor4D };

/** The mean squared distance of the modalities' features over the sampled pixels; padding weighs nothing. */
function alignment({ aligned }: StarsOutputs, { indicesStage3, classesStage3 }: Batch): tf.Scalar {
  const { sharedM1, sharedM2 } = aligned[3]!;
  const weight = tf.cast(tf.greaterEqual(classesStage3, 0), 'float32'); // [M]
  const distance = tf.mean(tf.squaredDifference(gatherPixels(sharedM1, indicesStage3), gatherPixels(sharedM2, indicesStage3)), -1); // [M]
  return tf.div(tf.sum(tf.mul(weight, distance)), tf.maximum(tf.sum(weight), 1));
}

test('train steps on batches of any classes are one graph, and learn', () => {
  const before = tf.memory().numTensors;
  const model = new StarsModel(
    { numClasses: 4, block: 'basic', layers: [1, 1, 1, 1], width: 2, fpnChannels: 4, decoderChannels: 4, alignStages: [3] },
    new Random(1),
  );
  const random = new Random(2);
  const batchOf = (classes: number): Batch => {
    const labels = tf.tensor3d(Int32Array.from({ length: 2 * 64 * 64 }, (_, i) => (i >> 3) % classes), [2, 64, 64], 'int32'); // prettier-ignore
    const samples = sampleStages(labels, { numClasses: 4, perClass: 4, stages: [3] }, random) as Samples;
    labels.dispose();
    return { ids: [], m1: normal([2, 64, 64, 1], 1), m2: normal([2, 64, 64, 3], 2), ...samples };
  };
  let traced = 0;
  const countingCapture: Capture = (fn) => capture((inputs) => (traced++, fn(inputs)));
  const trained = parameters(model);
  const gradientPass = new GradientPass<Batch>(
    trained,
    (batch, pass) => {
      const outputs = model.call(batch, pass);
      return { total: tf.add(alignment(outputs, batch), tf.mul(tf.mean(tf.square(outputs.logitsM1)), 0.01)) };
    },
    countingCapture,
  );
  const optimizer = new Optimizer(adam({ weightDecay: 1e-4 }), trained);
  const losses: number[] = [];
  for (let step = 0; step < 8; step++) {
    const batch = batchOf(1 + (step % 4));
    const { total, gradients, statistics } = gradientPass.call(batch, step);
    const clipped = clipGradNorm(gradients, 5);
    optimizer.step(clipped.gradients, 1e-2);
    losses.push(value(total));
    tf.dispose([total, clipped.norm, ...gradients.values(), ...clipped.gradients.values(), ...statistics.values()]);
    const { ids: _, ...tensors } = batch;
    tf.dispose(tensors);
  }
  if (tf.getBackend() === 'tensorflow') expect(traced).toBe(1);
  expect(losses.at(-1)).toBeLessThan(losses[0]);
  optimizer.dispose();
  gradientPass.dispose();
  disposeModule(model);
  expect(tf.memory().numTensors).toBe(before);
});
