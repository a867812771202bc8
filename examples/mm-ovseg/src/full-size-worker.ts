import * as tf from '@tensorflow/tfjs-core';
import { useEngine } from '@rs/engine';
import { countParameters, parameters, stateDict, type Init } from '@rs/nn';
import { classTokens, loadMmOvSeg, MmOvSeg, parameterGroups } from '@rs/ovseg';
import type { Asked, ModelCost } from './full-size.js';
import { peakMemory } from './peak-memory.js';

const small: Init = { weight: (shape) => tf.fill(shape, 0.01), bias: (shape) => tf.zeros(shape) }; // time and memory do not depend on the values
const gibibyte = 2 ** 30;

try {
  process.send?.(await measured(JSON.parse(process.argv[2]) as Asked), () => process.exit(0));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function measured({ config, edge, classes, passes, weights }: Asked): Promise<ModelCost> {
  await useEngine({ quiet: true });
  const start = peakMemory();
  const model = new MmOvSeg(config, small);
  if (weights === 'checkpoint') loadMmOvSeg(model, stateDict(model)); // as many arrays as a file gives
  const groups = parameterGroups(model);
  const trained = [...parameters(model)].filter(([name]) => groups.get(name)?.part !== 'frozen');
  const image = tf.fill<tf.Rank.R4>([1, edge, edge, 3], 100);
  const text = tf.tidy(() => model.textFeatures(classTokens(classes, { contextLength: config.text.contextLength })));
  const seconds = Array.from({ length: passes }, () => {
    const began = performance.now();
    tf.tidy(() => void model.call({ image, sar: image, text }).logits.dataSync());
    return (performance.now() - began) / 1000;
  });
  const count = countParameters(model);
  return {
    seconds: Math.min(...seconds),
    peakGiB: peakMemory() / gibibyte,
    startGiB: start / gibibyte,
    weightsGiB: (4 * count) / gibibyte,
    parameters: count,
    trained: trained.reduce((sum, [, { size }]) => sum + size, 0),
  };
}
