import path from 'node:path';
import { worldClasses, worldColors, worldLabels } from '@rs/datasets';
import { worldSamples, type Reporter } from '@rs/experiments';
import type { Config } from './config.js';
import { patchLoader, type PatchSplits } from './data.js';

type SyntheticData = Extract<Config['data'], { dataset: 'synthetic' }>;

/** The synthetic world of run `seed` in the layout of M3M-CR: written once, then read back by the loader of the real data. */
export async function openWorld(data: SyntheticData, seed: number, folder: string, reporter: Reporter): Promise<PatchSplits> {
  const { train, validation, test, crop: size } = data;
  const open = (worldSeed: number, count: number, split: 'train' | 'test') =>
    worldSamples({ seed: worldSeed, count, size, split, root: path.join(folder, `world-${worldSeed}`) }, reporter);
  return {
    train: await open(train.seed + seed, train.count, 'train'),
    validation: await open(validation.seed, validation.count, 'test'),
    test: await open(test.seed, test.count, 'test'),
    classes: worldClasses,
    colors: worldColors,
    load: patchLoader(worldLabels),
    about:
      `synthetic world, ${size}x${size} pixels a scene, written as GeoTIFFs and read back; ${train.count} training scenes (world ${train.seed} + seed), ` +
      `${test.count} scored scenes (world ${test.seed})`,
  };
}
