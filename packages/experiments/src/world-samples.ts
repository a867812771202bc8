import { existsSync } from 'node:fs';
import path from 'node:path';
import { indexDataset, writeM3mCr, type Sample, type WorldOptions } from '@rs/datasets';
import type { Reporter } from './reporter.js';

export interface WorldSplit extends WorldOptions {
  readonly seed: number; // of the world
  readonly count: number; // scenes
  readonly size: number; // pixels a side of a scene
  readonly split: 'train' | 'test';
  readonly root: string; // a folder of this world alone
}

/** The scenes of a synthetic world as files in the layout of M3M-CR: written once, then found by the reader of the real data. */
export async function worldSamples(world: WorldSplit, reporter: Reporter): Promise<Sample[]> {
  const { seed, count, split, root } = world;
  const list = `one_${split}_sample.csv`; // written last
  if (!existsSync(path.join(root, list))) {
    reporter.stage(`Writing world ${seed}: ${count} scenes as GeoTIFFs`);
    await writeM3mCr({ ...world, onScene: (done) => reporter.progress(done, count, 'scenes') });
  }
  return indexDataset({ dataset: 'm3m-cr', root, split, list });
}
