import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { loadSample, makeScene, worldClasses, worldColors, worldLabels, writeGeotiff, type Sample } from '@rs/datasets';
import { completeSample, keptInMemory, worldSamples, type Reporter } from '@rs/experiments';
import type { Config } from './config.js';
import { standardisation, type Tile, type TileSplits } from './data.js';

type SyntheticData = Extract<Config['data'], { dataset: 'synthetic' }>;

/** The synthetic world of run `seed`: clear optical images, radar in dB, heights, all written once and read back. */
export async function openWorld(data: SyntheticData, seed: number, folder: string, reporter: Reporter): Promise<TileSplits> {
  const { train, validation, test, crop: size } = data;
  const open = async (worldSeed: number, count: number, split: 'train' | 'test'): Promise<Sample[]> => {
    const root = path.join(folder, `world-${worldSeed}`);
    return withHeights(await worldSamples({ seed: worldSeed, count, size, split, root }, reporter), worldSeed, size);
  };
  const trained = await open(train.seed + seed, train.count, 'train');
  const read = async (sample: Sample): Promise<Tile> => {
    const {
      cloudFree: optical,
      cloudy: _,
      cloudMask: __,
      ...rest
    } = await loadSample(sample, { labels: worldLabels, opticalScale: 10_000, sarScale: 1 });
    return completeSample({ ...rest, ...(optical && { optical }) }, ['optical', 'sar', 'dsm', 'label']);
  };
  const standardised = await standardisation(trained, read);
  return {
    dataset: 'synthetic world',
    weak: ['S', 'D'],
    channels: { S: 2, O: 4, D: 1 },
    excludeClasses: [],
    pictureBands: [2, 1, 0],
    train: trained,
    validation: await open(validation.seed, validation.count, 'test'),
    test: await open(test.seed, test.count, 'test'),
    classes: worldClasses,
    colors: worldColors,
    load: keptInMemory(async (sample) => standardised(await read(sample))),
    about:
      `synthetic world, tiles of ${size}x${size} pixels with clear optical (4 bands), SAR (VV, VH in dB) and height, written as GeoTIFFs and read back; ` +
      `${train.count} training tiles (world ${train.seed} + seed), ${test.count} scored tiles (world ${test.seed})`,
  };
}

/** The samples of a world with a height file each, which the layout of M3M-CR has not; it is written beside the others. */
function withHeights(samples: readonly Sample[], seed: number, size: number): Promise<Sample[]> {
  return Promise.all(
    samples.map(async (sample) => {
      const dsm = `dsm/dsm_${sample.id}.tif`;
      const file = path.join(sample.root, dsm);
      if (!existsSync(file)) {
        const index = Number(/p_(\d+)$/.exec(sample.id)?.[1]);
        await mkdir(path.dirname(file), { recursive: true });
        await writeGeotiff(file, { data: makeScene(seed, index, size).dsm, bands: 1, height: size, width: size });
      }
      return { ...sample, files: { ...sample.files, dsm } };
    }),
  );
}
