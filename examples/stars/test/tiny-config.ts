import { checkConfig, type Config } from '../src/config.js';

/** A config of seconds: thin networks, a few steps. */
export const tinyConfig = (data: object, changes: object = {}): Config =>
  checkConfig(
    {
      name: 'tiny',
      data,
      model: {
        block: 'basic',
        layers: [1, 1, 1, 1],
        width: 2,
        fpnChannels: 4,
        decoderChannels: 4,
        scseReduction: 2,
        alignStages: [2, 3],
        translationKernel: 1,
      },
      training: {
        batchSize: 2,
        startRate: 1e-3,
        rate: 1e-2,
        weightDecay: 1e-4,
        clipNorm: 5,
        warmup: 1,
        steps: 4,
        evaluateEvery: 2,
        keep: 'last',
      },
      loss: { alpha: 0.1, beta: 0.2, temperature: 0.07, perClass: 4 },
      scoring: { stride: 32, batchSize: 2, ownStatistics: { batchSize: 2, tiles: 4 } },
      ...changes,
    },
    'tiny',
  );

export const tinyWorld = {
  dataset: 'synthetic',
  crop: 32,
  train: { seed: 1, count: 4 },
  validation: { seed: 2, count: 2 },
  test: { seed: 3, count: 2 },
};
