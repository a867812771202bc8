import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  describeDataset,
  indexDataset,
  loadSample,
  readRasterInfo,
  starsProtocols,
  starsSamples,
  starsWindows,
  type LoadOptions,
  type Sample,
  type StarsDataset,
  type Window,
} from '@rs/datasets';
import { completeSample, keptInMemory, type Reporter } from '@rs/experiments';
import type { Config } from './config.js';
import { standardisation, type Tile, type TileSplits } from './data.js';

type OnDisk = Exclude<Config['data'], { dataset: 'synthetic' }>;

/** A part of a sample, or all of it. */
interface TileSample extends Sample {
  readonly window?: Window;
}

interface Layout {
  readonly title: string;
  readonly cut: { readonly train: boolean; readonly test: boolean }; // into tiles; else images as they are, scored in windows
  readonly pictureBands: TileSplits['pictureBands'];
}

const layouts: Readonly<Record<StarsDataset, Layout>> = {
  earthmiss: { title: 'EarthMiss', cut: { train: false, test: false }, pictureBands: [0, 1, 2] },
  'whu-opt-sar': { title: 'WHU-OPT-SAR', cut: { train: true, test: true }, pictureBands: [1, 2, 0] }, // R, G, NIR: there is no blue
  potsdam: { title: 'ISPRS Potsdam', cut: { train: true, test: false }, pictureBands: [0, 1, 2] }, // a pixel of two windows counts once
};

const asStored: LoadOptions = { opticalScale: 1, sarScale: 1, dsmScale: 1, fixSize: 'edge' };
const watchedTiles = 256; // at most

/** Whose layout a folder has, by the folders that it holds. */
export function layoutOf(root: string): StarsDataset {
  const has = (name: string): boolean => existsSync(path.join(root, name));
  if (has('lbl')) return 'whu-opt-sar';
  return has('4_Ortho_RGBIR') ? 'potsdam' : 'earthmiss';
}

/**
 * EarthMiss, WHU-OPT-SAR or Potsdam as their authors publish them: splits, tiles and bands of the paper, standardised by published statistics or else
 * by those of the training tiles.
 */
export async function openLayout(data: OnDisk, root: string, reporter: Reporter): Promise<TileSplits> {
  const { dataset, tile } = data;
  const { title, cut, pictureBands } = layouts[dataset];
  const { classes, excludeClasses, loading, m1 } = starsProtocols[dataset];
  const weak = m1 === 'sar' ? 'S' : 'D';
  const scenes = await scenesOf(data, root);
  const tilesOf = async (samples: readonly Sample[], whole: boolean): Promise<TileSample[]> =>
    whole ? [...samples] : (await Promise.all(samples.map((sample) => cutTiles(dataset, sample, tile)))).flat();
  const train = await tilesOf(scenes.train, !cut.train);
  const test = await tilesOf(scenes.test, !cut.test);
  const watched = scenes.validation.length > 0 ? scenes.validation : scenes.test.slice(0, 1); // looked at, never chosen by
  const roles = ['optical', weak === 'S' ? 'sar' : 'dsm', 'label'] as const;
  const read = async ({ window, ...sample }: TileSample): Promise<Tile> =>
    completeSample(await loadSample(sample, { ...(loading.mean ? {} : asStored), ...loading, ...(window && { window }) }), roles);
  const load = loading.mean ? read : await standardised(train, read, reporter);
  const { optical, sar, dsm } = await read(train[0]);
  return {
    dataset: title,
    weak: [weak],
    channels: { O: optical.bands, ...(sar && { S: sar.bands }), ...(dsm && { D: dsm.bands }) },
    excludeClasses,
    pictureBands,
    train,
    validation: (await tilesOf(watched, !cut.train)).slice(0, watchedTiles),
    test,
    classes,
    colors: describeDataset(dataset).colors!.slice(0, classes.length),
    load: keptInMemory(load),
    about:
      `files in the layout of ${title}; ${train.length} training tiles of ${scenes.train.length} images, ` +
      `${scenes.test.length} scored images${cut.test ? ` in ${test.length} tiles` : ''}`,
  };
}

type Splits = Readonly<Record<'train' | 'validation' | 'test', Sample[]>>;

/** Only EarthMiss has validation scenes of its own. */
async function scenesOf({ dataset, partial = false }: OnDisk, root: string): Promise<Splits> {
  const index = (split: string): Promise<Sample[]> =>
    indexDataset({ dataset, root, split, allowMissingCities: partial, allowMissingTiles: partial });
  if (dataset === 'earthmiss') return { train: await index('train'), validation: await index('val'), test: await index('test') };
  if (dataset === 'potsdam') return { train: await index('train'), validation: [], test: await index('test') };
  const of = (split: 'train' | 'test'): Promise<Sample[]> => starsSamples({ dataset, root, split });
  return { train: await of('train'), validation: [], test: await of('test') };
}

async function cutTiles(dataset: StarsDataset, sample: Sample, tile: number): Promise<TileSample[]> {
  const size = await readRasterInfo(path.join(sample.root, sample.files.optical!));
  return starsWindows(dataset, size, tile).map((window) => ({ ...sample, id: `${sample.id}@${window[0]},${window[1]}`, window }));
}

async function standardised(
  train: readonly TileSample[],
  read: (sample: TileSample) => Promise<Tile>,
  reporter: Reporter,
): Promise<(sample: TileSample) => Promise<Tile>> {
  reporter.stage(`Statistics of ${train.length} training tiles`);
  const standardise = await standardisation(train, read, (done) => reporter.progress(done, train.length, 'tiles'));
  return async (sample) => standardise(await read(sample));
}
