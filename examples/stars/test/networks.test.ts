import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, Random, TrainPass } from '@rs/nn';
import { StarsModel } from '@rs/stars-align';
import { expect, test } from 'vitest';
import { adaptStem } from '../src/adapt-stem.js';
import { Concatenated } from '../src/concatenated.js';
import { SingleSensor } from '../src/single-sensor.js';

const small = { numClasses: 7, block: 'basic', layers: [1, 1, 1, 1], width: 8, fpnChannels: 16, decoderChannels: 16 } as const;

test('the small networks have as many parameters as those of the reference implementation', () => {
  const models = [
    new SingleSensor({ ...small, inChannels: 2 }, new Random(0)),
    new Concatenated({ ...small, m1Channels: 2, m2Channels: 4 }, new Random(0)),
    new StarsModel({ ...small, m1Channels: 2, m2Channels: 4, scseReduction: 8, alignStages: [2, 3] }, new Random(0)),
  ];
  expect(models.map(countParameters)).toEqual([105_655, 186_279, 358_055]);
  models.forEach(disposeModule);
});

test('the baselines give logits of the size of the image and keep no other tensor', () => {
  const before = tf.memory().numTensors;
  const thin = { ...small, width: 2, fpnChannels: 4, decoderChannels: 4 };
  const single = new SingleSensor({ ...thin, inChannels: 1 }, new Random(0));
  const both = new Concatenated({ ...thin, m1Channels: 1, m2Channels: 3 }, new Random(0));
  const [sar, optical] = [tf.ones<tf.Rank.R4>([2, 32, 64, 1]), tf.ones<tf.Rank.R4>([2, 32, 64, 3])];
  const pass = new TrainPass(0);
  const logits = [single.call(sar, pass), both.call({ m1: sar, m2: optical }, pass)];
  pass.dispose();
  for (const { shape } of logits) expect(shape).toEqual([2, 32, 64, 7]);
  tf.dispose([logits, sar, optical]);
  for (const model of [single, both]) disposeModule(model);
  expect(tf.memory().numTensors).toBe(before);
});

test('a stem for other bands answers a grey image as before', () => {
  const kernel = (shape: number[], data: number[]) => new Map([['stem.conv1.weight', { shape, data: Float32Array.from(data) }]]);
  const fourBands = kernel([1, 4, 1, 1], [1, 2, 3, 6]);
  expect([...adaptStem(fourBands, 1).get('stem.conv1.weight')!.data]).toEqual([12]);
  expect([...adaptStem(fourBands, 2).get('stem.conv1.weight')!.data]).toEqual([2, 4]); // channel i, scaled by 4 / 2
  expect([...adaptStem(kernel([1, 2, 1, 1], [3, 5]), 4).get('stem.conv1.weight')!.data]).toEqual([1.5, 2.5, 1.5, 2.5]);
  expect(adaptStem(fourBands, 4).get('stem.conv1.weight')!.shape).toEqual([1, 4, 1, 1]);
});

test('a checkpoint without a stem is told', () => {
  expect(() => adaptStem(new Map(), 2)).toThrow('adaptStem: the checkpoint has no stem.conv1.weight');
});
