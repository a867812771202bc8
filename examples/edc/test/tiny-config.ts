import { checkConfig } from '../src/config.js';

/** The whole pipeline in seconds: learns nothing. */
export const tinyConfig = checkConfig(
  {
    name: 'tiny',
    data: {
      dataset: 'synthetic',
      crop: 32,
      train: { seed: 1, count: 4 },
      validation: { seed: 2, count: 2 },
      test: { seed: 3, count: 2 },
    },
    model: {
      decoderChannels: [8, 8, 4, 4],
      crHidden: 4,
      encoder: {
        dim: 4,
        inDim: 4,
        depths: [1, 1, 1, 1],
        numHeads: [1, 1, 2, 2],
        windowSize: [7, 7, 2, 2],
        ctSize: 1,
        mlpRatio: 2,
        hat: [false, false, true, false],
        dropPathRate: 0,
      },
    },
    training: {
      batchSize: 2,
      microBatch: 2,
      rate: 1e-3,
      weightDecay: 1e-4,
      warmup: 0,
      schedule: 'cosine',
      teacher: { steps: 3 },
      teachers: 'one',
      student: { steps: 3 },
      evaluateEvery: 2,
      keep: 'best',
    },
    loss: { beta: 1, gamma: 0.1, normalization: 'clearPixels' },
  },
  'tiny',
);
