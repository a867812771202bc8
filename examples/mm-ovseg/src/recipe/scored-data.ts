import path from 'node:path';
import {
  describeDataset,
  indexDataset,
  loadSample,
  seenLabels,
  simulateClouds,
  type LabelCoding,
  type Planar,
  type Sample,
} from '@rs/datasets';
import { completeSample, UsageError } from '@rs/experiments';
import { classNames } from '@rs/ovseg';
import type { ClearTile, Tiles } from '../tiles.js';
import type { RecipeConfig } from './config.js';

/** Stage 2 and the test: files, class names, which of them are seen. */
export interface ScoredData {
  readonly train: Tiles<ClearTile>; // labels of the seen classes alone, in the order of `seenNames`
  readonly test: Tiles<ClearTile>; // all labels
  readonly classes: readonly string[]; // of the test, in label order
  readonly seenNames: readonly string[]; // of the training
  readonly seen: readonly number[]; // ids among `classes`
  readonly unseen: readonly number[];
  readonly colors: readonly (readonly [number, number, number])[];
  readonly about: string;
}

/**
 * @param root the folder of --data
 * @throws DatasetError where files are missing; UsageError where training and test share no class
 */
export async function openScoredData({ train, test, spelling }: RecipeConfig, root: string): Promise<ScoredData> {
  const { names: seenNames } = classNames(train.dataset, { part: 'train', spelling });
  const { names: classes, unseen: isUnseen } = classNames(test.dataset, { part: 'test', spelling });
  const ids = classes.map((_, id) => id);
  const seen = ids.filter((id) => !isUnseen[id]);
  if (!seen.some((id) => seenNames.includes(classes[id]))) {
    throw new UsageError(`train (${train.dataset}) and test (${test.dataset}) have no class in common`);
  }
  const trained = await tilesOf(train, root, trainingLabels(train, classNames(train.dataset, { part: 'test' }).unseen));
  const tested = await tilesOf(test, root, describeDataset(test.dataset).labels!);
  return {
    train: trained,
    test: tested,
    classes,
    seenNames,
    seen,
    unseen: ids.filter((id) => isUnseen[id]),
    colors: describeDataset(test.dataset).colors ?? [],
    about:
      `${train.dataset} ${train.split}${skyOf(train)}, ${trained.samples.length} tiles, scored on ${test.dataset} ` +
      `${test.split}${skyOf(test)}, ${tested.samples.length} tiles; seen: ${seenNames.join(', ')}; unseen: ${classes.filter((_, id) => isUnseen[id]).join(', ')}`,
  };
}

const skyOf = ({ track, clouds }: RecipeConfig['train']): string =>
  `${track ? ` (${track})` : ''}${clouds ? ` under simulated clouds (${clouds}, seed 0)` : ''}`;

/** Unseen classes as ignored, seen ones renumbered; training masks as released with MM-OVSeg are so already. */
function trainingLabels({ dataset, split }: RecipeConfig['train'], unseen: readonly boolean[]): LabelCoding {
  const seen = unseen.flatMap((isUnseen, id) => (isUnseen ? [] : [id]));
  const renumbered = dataset.startsWith('mmovseg-') && split === 'train';
  return renumbered
    ? { values: { ...Object.fromEntries(seen.map((_, i) => [i, i])), 255: 'ignore' } }
    : seenLabels(describeDataset(dataset).labels!, seen);
}

async function tilesOf(
  { dataset, folder, split, track, clouds, limit }: RecipeConfig['train'],
  root: string,
  labels: LabelCoding,
): Promise<Tiles<ClearTile>> {
  const samples = await indexDataset({ dataset, root: path.resolve(root, folder), split, ...(track && { track }) });
  return {
    samples: samples.slice(0, limit),
    load: async (sample: Sample) => {
      const loaded = completeSample(await loadSample(sample, { labels }), ['optical', 'sar', 'label']);
      const optical = clouds ? { ...loaded.optical, ...clouded(loaded.optical, clouds, sample.id) } : loaded.optical;
      return { ...loaded, optical, sar: { ...loaded.sar, ...threeBands(loaded.sar) } };
    },
  };
}

/** An image of 0..255 under clouds that its name fixes. */
function clouded({ data, ...grid }: Planar<Float32Array>, preset: 'thin' | 'big', name: string): Planar<Float32Array> {
  const { cloudy } = simulateClouds({ ...grid, data: data.map((value) => value / 255) }, { preset, seed: 0, name });
  return { ...cloudy, data: cloudy.data.map((value) => 255 * value) };
}

/** One band three times. */
export function threeBands({ data, bands, height, width }: Planar<Float32Array>): Planar<Float32Array> {
  const band = data.subarray(0, height * width);
  if (bands === 3) return { data, bands, height, width };
  const repeated = new Float32Array(3 * band.length);
  for (let i = 0; i < 3; i++) repeated.set(band, i * band.length);
  return { data: repeated, bands: 3, height, width };
}
