import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sgd } from '../src/index.js';
import { toyBatch, trainToy, type ToyBatch } from './toy.js';

let folder: string;
let tensors: number;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'captured-'));
  tensors = tf.memory().numTensors;
});
afterEach(async () => {
  expect(tf.memory().numTensors).toBe(tensors); // graphs are freed with the run
  await rm(folder, { recursive: true });
});

test('captured steps give the run that single ops give, to float error: parameters, statistics, draws', async () => {
  // SGD, since Adam turns the rounding of a gradient that is zero (a bias before batch norm) into a step.
  const options = { steps: 12, accumulate: 2, clipNorm: 1, rule: sgd({ momentum: 0.9 }) };
  const [captured, eager] = [await trainToy({ ...options, eager: false }), await trainToy(options)];
  for (const [name, { data }] of eager.weights) {
    const got = captured.weights.get(name)?.data as Float32Array;
    (data as Float32Array).forEach((value, i) => expect(got[i], name).toBeCloseTo(value, 4));
  }
  captured.result.history.loss.forEach((loss, i) => expect(loss).toBeCloseTo(eager.result.history.loss[i], 4));
});

test('a captured run that is stopped and resumed gives bit for bit what it gives in one go', async () => {
  const whole = await trainToy({ eager: false });
  await trainToy({ eager: false, steps: 3, checkpoint: { folder, every: 100 } });
  const resumed = await trainToy({ eager: false, checkpoint: { folder, every: 100 } });
  expect(resumed.weights).toEqual(whole.weights);
  expect(resumed.result.history).toEqual(whole.result.history);
});

test('an epoch whose last batch is smaller', async () => {
  const samples = [...Array(10).keys()];
  const data = (position: number): ToyBatch => toyBatch(samples.slice((position % 3) * 4, (position % 3) * 4 + 4));
  const options = { rule: sgd({}), toy: () => ({ data }) };
  const [captured, eager] = [await trainToy({ ...options, eager: false }), await trainToy(options)];
  captured.result.history.loss.forEach((loss, i) => expect(loss).toBeCloseTo(eager.result.history.loss[i], 4));
});

test('a loss that reads more of a batch than its tensors is told so', async () => {
  const reads = trainToy({
    eager: false,
    toy: (model) => ({ loss: ({ ids, x }, pass) => ({ total: tf.sum(tf.mul(model.call(x, pass), ids.length)) }) }),
  });
  await expect(reads).rejects.toThrow('the loss reads batch.ids');
});
