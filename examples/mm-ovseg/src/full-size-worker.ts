import * as tf from '@tensorflow/tfjs-core';
import { useEngine } from '@rs/engine';
import { countParameters, parameters, type Init } from '@rs/nn';
import { classTokens, MmOvSeg, mmOvSegVariants, parameterGroups } from '@rs/ovseg';
import type { FullSize } from './full-size.js';

const small: Init = { weight: (shape) => tf.fill(shape, 0.01), bias: (shape) => tf.zeros(shape) }; // time and memory do not depend on the values

await useEngine({ quiet: true });
const model = new MmOvSeg(mmOvSegVariants['vit-b16'], small);
const groups = parameterGroups(model);
const trained = [...parameters(model)].filter(([name]) => groups.get(name)?.part !== 'frozen');
const image = tf.fill<tf.Rank.R4>([1, 384, 384, 3], 100);
const text = tf.tidy(() => model.textFeatures(classTokens(['city', 'road', 'forest', 'water', 'farmland'])));
const seconds = Array.from({ length: 3 }, () => {
  const start = performance.now();
  tf.tidy(() => void model.call({ image, sar: image, text }).logits.dataSync());
  return (performance.now() - start) / 1000;
});
const result: FullSize = {
  seconds: Math.min(...seconds),
  peakGiB: process.resourceUsage().maxRSS / 2 ** 20, // of KiB
  parameters: countParameters(model),
  trained: trained.reduce((sum, [, { size }]) => sum + size, 0),
};
process.send?.(result, () => process.exit(0));
