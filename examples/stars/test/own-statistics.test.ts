import * as tf from '@tensorflow/tfjs-core';
import { buffers, disposeModule, Random, stateDict } from '@rs/nn';
import { expect, test } from 'vitest';
import type { Network } from '../src/networks.js';
import { withOwnStatistics } from '../src/own-statistics.js';
import { SingleSensor } from '../src/single-sensor.js';

const model = (): SingleSensor =>
  new SingleSensor(
    { numClasses: 2, block: 'basic', layers: [1, 1, 1, 1], width: 2, fpnChannels: 2, decoderChannels: 2, inChannels: 1 },
    new Random(3),
  );

const networkOf = (single: SingleSensor): Network => ({
  model: single,
  loss: () => expect.fail('nothing is trained'),
  predict: ({ sar }, _test, mode) => single.call(sar!, mode),
});

async function* batches(): AsyncGenerator<{ sar: tf.Tensor4D }> {
  for (const seed of [1, 2]) yield { sar: tf.randomNormal([2, 32, 32, 1], seed, 1, 'float32', seed) };
}

/** Mean and unbiased variance of the first convolution's output in each channel, averaged over the batches. */
async function expected(single: SingleSensor): Promise<{ mean: number[]; variance: number[] }> {
  const found: { mean: number[]; variance: number[] }[] = [];
  for await (const { sar } of batches()) {
    tf.tidy(() => {
      const y = single.stem.conv1.call(sar);
      const { mean, variance } = tf.moments(y, [0, 1, 2]);
      const n = y.size / y.shape[3];
      found.push({ mean: [...mean.dataSync()], variance: [...variance.dataSync()].map((value) => (value * n) / (n - 1)) });
    });
    sar.dispose();
  }
  const average = (name: 'mean' | 'variance') => found[0][name].map((value, i) => (value + found[1][name][i]) / 2);
  return { mean: average('mean'), variance: average('variance') };
}

test('are the mean over the batches of what each batch norm sees; the running ones return', async () => {
  const single = model();
  const before = stateDict(single);
  const tensors = tf.memory().numTensors;
  const { mean, variance } = await withOwnStatistics(networkOf(single), ['S'], batches(), () => {
    const { runningMean, runningVar } = single.stem.bn1;
    return Promise.resolve({ mean: [...runningMean.dataSync()], variance: [...runningVar.dataSync()] });
  });
  expect(tf.memory().numTensors).toBe(tensors);
  const should = await expected(single);
  mean.forEach((value, i) => expect(value).toBeCloseTo(should.mean[i], 4));
  variance.forEach((value, i) => expect(value).toBeCloseTo(should.variance[i], 3));
  expect(stateDict(single)).toEqual(before);
  disposeModule(single);
});

test('return after an error, too', async () => {
  const single = model();
  const before = stateDict(single);
  await expect(withOwnStatistics(networkOf(single), ['S'], batches(), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(stateDict(single)).toEqual(before);
  expect(buffers(single).size).toBeGreaterThan(0);
  disposeModule(single);
});
