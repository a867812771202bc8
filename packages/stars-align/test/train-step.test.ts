import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { starsTotal } from '@rs/losses';
import { disposeModule, parameters, Random } from '@rs/nn';
import { adam, clipGradNorm, GradientPass, Optimizer, type Capture } from '@rs/train';
import { expect, test } from 'vitest';
import { sampleStages, StarsModel, type StageSamples } from '../src/index.js';
import { normal, value } from './maps.js';

type Batch = StageSamples & { ids: string[]; m1: tf.Tensor4D; m2: tf.Tensor4D; labels: tf.Tensor3D };

const mean = (values: number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

test('train steps on batches of any classes are one graph, and learn', () => {
  const before = tf.memory().numTensors;
  const model = new StarsModel(
    { numClasses: 4, block: 'basic', layers: [1, 1, 1, 1], width: 2, fpnChannels: 4, decoderChannels: 4, alignStages: [3] },
    new Random(1),
  );
  const random = new Random(2);
  const batchOf = (classes: number): Batch => {
    const labels = tf.tensor3d(Int32Array.from({ length: 2 * 64 * 64 }, (_, i) => (i >> 3) % classes), [2, 64, 64], 'int32'); // prettier-ignore
    const samples = sampleStages(labels, { numClasses: 4, perClass: 4, stages: [3] }, random);
    return { ids: [], m1: normal([2, 64, 64, 1], 1), m2: normal([2, 64, 64, 3], 2), labels, ...samples };
  };
  let traced = 0;
  const countingCapture: Capture = (fn) => capture((inputs) => (traced++, fn(inputs)));
  const trained = parameters(model);
  const gradientPass = new GradientPass<Batch>(
    trained,
    ({ m1, m2, labels, ...samples }, pass) => {
      const { total, seg, psc, ncs } = starsTotal({ ...model.call({ m1, m2 }, pass), labels, samples }, { stages: [3] });
      return { total, terms: { seg, psc: psc!, ncs: ncs! } };
    },
    countingCapture,
  );
  const optimizer = new Optimizer(adam({ weightDecay: 1e-4 }), trained);
  const losses: number[] = [];
  for (let step = 0; step < 8; step++) {
    const batch = batchOf(1 + (step % 4));
    const { total, terms, gradients, statistics } = gradientPass.call(batch, step);
    const clipped = clipGradNorm(gradients, 5);
    optimizer.step(clipped.gradients, 1e-2);
    losses.push(value(total));
    tf.dispose([
      total,
      ...Object.values(terms),
      clipped.norm,
      ...gradients.values(),
      ...clipped.gradients.values(),
      ...statistics.values(),
    ]);
    const { ids: _, ...tensors } = batch;
    tf.dispose(tensors);
  }
  if (tf.getBackend() === 'tensorflow') expect(traced).toBe(1);
  expect(mean(losses.slice(4))).toBeLessThan(mean(losses.slice(0, 4))); // each of the same four draws of classes
  optimizer.dispose();
  gradientPass.dispose();
  disposeModule(model);
  expect(tf.memory().numTensors).toBe(before);
});
