import { checkConfig, type Config } from '../src/config.js';

const backbone = {
  vision: { inputResolution: 8, patchSize: 4, width: 8, layers: 3, heads: 2, outputDim: 8, taps: [0, 1] },
  text: { embedDim: 8, contextLength: 16, vocabSize: 49408, width: 8, heads: 2, layers: 1 },
  dino: { imgSize: 16, patchSize: 2, embedDim: 6, depth: 3, numHeads: 1, taps: [0, 1, 2] },
  ripd: {
    textGuidanceProjDim: 4,
    appearanceGuidanceProjDim: 4,
    hiddenDim: 4,
    heads: 1,
    numLayers: 1,
    windowSize: 4,
    poolingSize: [2, 2],
    padLen: 8,
    decoderDims: [16, 16],
    decoderClipGuidanceProjDims: [2, 2],
    decoderDinoGuidanceProjDims: [2, 2],
  },
  guidanceDims: [4, 4],
  clipResolution: 16,
  dinoResolution: 16,
};

/** Everything of the app in seconds. */
export const tinyRaw = {
  name: 'tiny',
  data: {
    size: 16,
    pretraining: { seed: 1, count: 4 },
    train: { seed: 11, count: 4 },
    test: { seed: 21, count: 4 },
    seen: ['forest', 'grass', 'crop', 'bare', 'building'],
  },
  backbones: { base: backbone, large: { ...backbone, dino: { ...backbone.dino, patchSize: 4 } } },
  pretraining: {
    warmup: 1,
    clip: { steps: 3, batchSize: 4, rate: 1e-3, crop: 8 },
    dino: { steps: 2, batchSize: 2, rate: 1e-3, maskBlock: 4 },
    cmu: { steps: 3, batchSize: 4, rate: 1e-3, temperature: 0.07, negatives: 'samePosition' },
    probe: { steps: 2, batchSize: 4, rate: 1e-2 },
  },
  segmentation: {
    steps: 3,
    batchSize: 2,
    rate: 1e-3,
    warmup: 1,
    clipNorm: 1,
    loss: 'ce',
    clipFinetune: 'attention',
    dinoFinetune: 'freeze',
    clipRate: 0.01,
    dinoRate: 0.01,
  },
  weightDecay: 1e-4,
};

export const tiny: Config = checkConfig(tinyRaw, 'tiny');
