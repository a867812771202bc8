import { existsSync } from 'node:fs';
import path from 'node:path';
import { indexDataset, worldClasses, worldColors, worldLabels, writeM3mCr, type Sample } from '@rs/datasets';
import type { Config } from './config.js';
import { patchLoader, type Splits } from './data.js';
import type { Reporter } from './progress.js';

type SyntheticData = Extract<Config['data'], { dataset: 'synthetic' }>;

/** The synthetic world of run `seed` in the layout of M3M-CR: written once, then read back by the loader of the real data. */
export async function openWorld(data: SyntheticData, seed: number, folder: string, reporter: Reporter): Promise<Splits> {
  const { train, validation, test, crop: size } = data;
  const open = (worldSeed: number, count: number, split: 'train' | 'test'): Promise<Sample[]> =>
    openSplit({ seed: worldSeed, count, size, split, root: path.join(folder, `world-${worldSeed}`) }, reporter);
  const training = await open(train.seed + seed, train.count, 'train');
  const labelling = { classes: worldClasses, colors: worldColors, coding: worldLabels };
  return {
    train: training,
    validation: await open(validation.seed, validation.count, 'test'),
    test: await open(test.seed, test.count, 'test'),
    ...labelling,
    load: patchLoader(labelling),
    about:
      `synthetic world, ${size}x${size} pixels a scene, written as GeoTIFFs and read back; ${train.count} training scenes (world ${train.seed} + seed), ` +
      `${test.count} scored scenes (world ${test.seed})`,
  };
}

interface WorldSplit {
  readonly seed: number;
  readonly count: number;
  readonly size: number;
  readonly split: 'train' | 'test';
  readonly root: string;
}

async function openSplit({ seed, count, size, split, root }: WorldSplit, reporter: Reporter): Promise<Sample[]> {
  const list = `one_${split}_sample.csv`;
  if (!existsSync(path.join(root, list))) {
    reporter.stage(`Writing world ${seed}: ${count} scenes as GeoTIFFs`);
    await writeM3mCr({ seed, count, size, root, split, onScene: (done) => reporter.progress(done, count, 'scenes') });
  }
  return indexDataset({ dataset: 'm3m-cr', root, split, list });
}
