import { checkConfig, type Config } from '../src/config.js';

/** The whole pipeline in seconds. */
export const tinyConfig = (changes: object = {}): Config =>
  checkConfig(
    {
      name: 'tiny',
      data: {
        dataset: 'synthetic',
        window: 32,
        stride: 32,
        train: { seed: 1, count: 4 },
        validation: { seed: 2, count: 1 },
        test: { seed: 3, count: 2 },
      },
      model: {
        cnn: { channels: [4, 8], depths: [1, 1] },
        vss: { dims: [4, 8], depths: [1, 1], stateSize: 2, dropPathRate: 0 },
        fusion: { fusionDim: 4, ssm: { stateSize: 2 } },
        decoder: { decoderChannels: 4, compressedChannels: 4, dropout: 0.1 },
      },
      training: {
        batchSize: 2,
        microBatch: 2,
        steps: 3,
        rule: { name: 'adamw' },
        rate: 1e-3,
        weightDecay: 1e-4,
        schedule: { name: 'cosine', warmup: 1 },
        flips: false,
        evaluateEvery: 3,
        keep: 'last',
      },
      loss: { lambda: 0.1 },
      sensitivity: { variant: 'A1', lambdas: [0, 0.1], scales: [1, 2] },
      efficiency: { model: 'config', size: 32, repeats: 1, tokens: [16, 64] },
      ...changes,
    },
    'tiny.yaml',
  );
