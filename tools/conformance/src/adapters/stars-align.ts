import * as tf from '@tensorflow/tfjs-core';
import { negativeCosineSimilarity } from '@rs/losses';
import { Random, ResNetEncoder, type ResNetConfig } from '@rs/nn';
import {
  classSimilarityMatrix,
  downsampleLabels,
  FpnDecoder,
  FusionModule,
  gatherPixels,
  gradCam,
  ModalityStem,
  sampleClassBalanced,
  ScseBlock,
  SharedFusionModule,
  StarsModel,
  TranslationModule,
  type ClassBalance,
  type FpnDecoderConfig,
  type StarsConfig,
} from '@rs/stars-align';
import { adam, clipGradNorm, Optimizer, warmupCosine } from '@rs/train';
import { functionCase, hostCase, moduleCase, type Adapters } from '../adapter.js';
import { toTensor } from '../layout.js';

type Channels = { channels: number };

export const adapters: Adapters = {
  'stars-align/ModalityStem': moduleCase({
    build: (config, init) => new ModalityStem(config as { inChannels: number }, init),
    call: (stem, { x }, mode) => stem.call(x, mode),
  }),
  'stars-align/ResNetEncoder': moduleCase({
    build: (config, init) => new ResNetEncoder({ block: 'bottleneck', layers: [3, 4, 6, 3], ...config } as ResNetConfig, init),
    call: (encoder, { x }, mode) => Object.fromEntries(encoder.call(x, mode).map((stage, i) => [`stage${i + 1}`, stage])),
  }),
  'stars-align/ScseBlock': moduleCase({
    build: (config, init) => new ScseBlock(config as Channels, init),
    call: (block, { x }) => block.call(x),
  }),
  'stars-align/FusionModule': moduleCase({
    build: (config, init) => new FusionModule(config as Channels, init),
    call: (fusion, { specific, shared }, mode) => fusion.call(specific, shared, mode),
  }),
  'stars-align/SharedFusionModule': moduleCase({
    build: (config, init) => new SharedFusionModule(config as Channels, init),
    call: (fusion, { a, b }, mode) => fusion.call(a, b, mode),
  }),
  'stars-align/FpnDecoder': moduleCase({
    build: (config, init) => new FpnDecoder(config as FpnDecoderConfig, init),
    call: (decoder, { stage1, stage2, stage3, stage4 }, mode) => decoder.call([stage1, stage2, stage3, stage4], mode),
  }),
  'stars-align/TranslationModule': moduleCase({
    build: (config, init) => new TranslationModule(config as Channels, init),
    call: (translation, { x }) => translation.call(x),
  }),
  'stars-align/StarsModel': moduleCase({
    build: (config) => new StarsModel(config as StarsConfig, new Random(0)),
    call: (model, { m1, m2 }, mode, config) => {
      if (config.call === 'predict') return model.predict({ m1, m2 }, mode);
      const { logitsM1, logitsM2, logitsFuse, aligned } = model.call({ m1, m2 }, mode);
      const features = Object.entries(aligned).flatMap(([stage, { sharedM1, sharedM2, translatedM1, translatedM2 }]) => [
        [`shared_m1_stage${stage}`, sharedM1],
        [`shared_m2_stage${stage}`, sharedM2],
        [`translated_m1_stage${stage}`, translatedM1],
        [`translated_m2_stage${stage}`, translatedM2],
      ]);
      return { logits_m1: logitsM1, logits_m2: logitsM2, logits_fuse: logitsFuse, ...Object.fromEntries(features) };
    },
  }),
  'stars-align/translationConsistency': moduleCase({
    build: ({ channels, translation }, init) => ({
      m1ToM2: new TranslationModule({ ...translation, channels }, init),
      m2ToM1: new TranslationModule({ ...translation, channels }, init),
    }),
    call: ({ m1ToM2, m2ToM1 }, { f1, f2 }, _mode, { stopGradient }) => ({
      loss: negativeCosineSimilarity(m1ToM2.call(f1), f1, m2ToM1.call(f2), f2, { stopGradient }),
    }),
  }),
  'stars-align/downsampleLabels': functionCase(({ labels }, config) =>
    downsampleLabels(labels, config as { height: number; width: number }),
  ),
  'stars-align/gatherPixels': functionCase(({ features, indices }) => gatherPixels(features, indices)),
  'stars-align/sampleClassBalanced': hostCase(({ config }, inputs) => ({
    ...sampleClassBalanced(inputs.get('labels')!.data as Int32Array, config as ClassBalance, new Random(0)),
  })),
  'stars-align/classSimilarityMatrix': functionCase(({ f1, f2, labels }, config) => ({
    ...classSimilarityMatrix(f1, f2, labels, config as { numClasses: number }),
  })),
  'stars-align/gradCam': functionCase(({ activations, gradients }, config) => gradCam(activations, gradients, config)),
  'stars-align/warmupCosineLr': hostCase(({ config }, inputs) => {
    const { startLr = 1e-6, baseLr = 1e-4, minLr = 0, warmupSteps = 1000, totalSteps = 80000 } = config;
    const rate = warmupCosine({ startRate: startLr, rate: baseLr, endRate: minLr, warmupSteps, steps: totalSteps });
    return { output: Array.from(inputs.get('steps')!.data as Int32Array, rate) };
  }),
  'stars-align/clippedAdam': hostCase(({ config }, inputs) => {
    const { lr, beta1 = 0.9, beta2 = 0.999, eps, weightDecay = 1e-4, clipNorm = 5, steps } = config;
    const tensor = (name: string): tf.Tensor => toTensor(inputs.get(name)!, 'asIs');
    const parameters = new Map(['a', 'b'].map((name) => [name, tf.tidy(() => tf.variable(tensor(`param_${name}`)))]));
    const optimizer = new Optimizer(adam({ betas: [beta1, beta2], eps, weightDecay }), parameters);
    const norms: number[] = [];
    try {
      for (let t = 0; t < steps; t++) {
        tf.tidy(() => {
          const { gradients, norm } = clipGradNorm(new Map(['a', 'b'].map((name) => [name, tensor(`grad${t}_${name}`)])), clipNorm);
          optimizer.step(gradients, lr);
          norms.push(norm.dataSync()[0]);
        });
      }
      const moved = [...parameters].map(([name, variable]) => [`param_${name}`, { shape: variable.shape, data: variable.dataSync() }]);
      return { norms, ...Object.fromEntries(moved) };
    } finally {
      optimizer.dispose();
      tf.dispose([...parameters.values()]);
    }
  }),
};
