import path from 'node:path';
import { loadSample, worldLabels, type Sample } from '@rs/datasets';
import { expect, test } from 'vitest';
import { completeSample, completeTensors, keptInMemory, samplesOf, worldSamples, type Reporter } from '../src/index.js';
import * as tf from '@tensorflow/tfjs-core';
import { temporaryFolder } from './temporary-folder.js';

const root = path.join(temporaryFolder(), 'world-7');
const stages: string[] = [];
const reporter: Reporter = { stage: (text) => void stages.push(text), progress() {}, note() {} };
const world = { seed: 7, count: 3, size: 32, split: 'test', root, clouds: false } as const;

test('a world is written once, then read by the loader of real data', async () => {
  const samples = await worldSamples(world, reporter);
  expect(samples).toHaveLength(3);
  expect(await worldSamples(world, reporter)).toEqual(samples);
  expect(stages).toEqual(['Writing world 7: 3 scenes as GeoTIFFs']);

  let reads = 0;
  const load = keptInMemory(async (sample: Sample) => {
    reads++;
    return completeSample(await loadSample(sample, { labels: worldLabels }), ['cloudFree', 'sar', 'label']);
  });
  for (const _ of [1, 2]) {
    const ids: string[] = [];
    for await (const sample of samplesOf(samples, load)) {
      const tensors = completeTensors([sample]);
      expect([tensors.cloudFree.shape, tensors.sar.shape, tensors.labels.shape]).toEqual([
        [1, 32, 32, 4],
        [1, 32, 32, 2],
        [1, 32, 32],
      ]);
      tf.dispose(tensors as tf.TensorContainer);
      ids.push(sample.id);
    }
    expect(ids).toEqual(samples.map(({ id }) => id));
  }
  expect(reads).toBe(3);
});
