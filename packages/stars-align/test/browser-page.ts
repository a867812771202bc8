import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { Random } from '@rs/nn';
import { StarsModel } from '../src/index.js';

const model = new StarsModel(
  { numClasses: 2, block: 'basic', layers: [1, 1, 1, 1], width: 1, fpnChannels: 1, decoderChannels: 1 },
  new Random(1),
);
const logits = model.predict({ m1: tf.ones([1, 32, 32, 1]) });

/** What the test reads: the page's prediction from the weak sensor alone. */
export const prediction = { backend: tf.getBackend(), shape: logits.shape, finite: logits.dataSync().every(Number.isFinite) };
