import * as tf from '@tensorflow/tfjs-core';
import { MmOvSeg, type MmOvSegConfig, type MmOvSegInputs } from '../src/index.js';
import { initOf, normal } from './volumes.js';

/** The whole model, small: 4 x 4 patches of CLIP, 8 x 8 of DINO. */
export const tiny: MmOvSegConfig = {
  vision: { inputResolution: 16, patchSize: 4, width: 16, layers: 3, heads: 2, outputDim: 12, taps: [0, 1] },
  text: { embedDim: 12, contextLength: 8, vocabSize: 30, width: 12, heads: 2, layers: 2 },
  dino: { imgSize: 16, patchSize: 2, embedDim: 12, depth: 3, numHeads: 2, mlpRatio: 4, qkvBias: true, taps: [0, 1, 2] },
  ripd: {
    textGuidanceProjDim: 8,
    appearanceGuidanceProjDim: 8,
    decoderDims: [16, 16],
    decoderClipGuidanceProjDims: [4, 3],
    decoderDinoGuidanceProjDims: [4, 2],
    numLayers: 1,
    heads: 2,
    hiddenDim: 8,
    windowSize: 2,
    padLen: 5,
  },
  guidanceDims: [6, 4],
  clipResolution: 16,
  dinoResolution: 16,
  sizeDivisibility: 4,
};

export const build = (change: Partial<MmOvSegConfig> = {}, seed = 1): MmOvSeg => new MmOvSeg({ ...tiny, ...change }, initOf(seed));

/** Two images of 10 x 12 pixels, three classes. */
export function tinyInputs(seed: number): Required<Omit<MmOvSegInputs, 'text'>> {
  const image = (first: number): tf.Tensor4D => tf.add(tf.mul(normal<tf.Tensor4D>([2, 10, 12, 3], first), 40), 120);
  return { image: image(seed), sar: image(seed + 1), ids: tf.randomUniformInt([3, 8], 0, 30, seed + 2) as tf.Tensor2D };
}
