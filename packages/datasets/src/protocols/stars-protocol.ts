import { stat } from 'node:fs/promises';
import path from 'node:path';
import { indexDataset, type Sample } from '../layouts/index-dataset.js';
import { potsdam } from '../layouts/isprs.js';
import { publishedList } from '../layouts/whu-opt-sar.js';
import type { Window } from '../planar.js';
import type { ImageRole, LoadOptions } from '../samples/load-sample.js';
import { compareCodePoints } from '../splits.js';
import { tileGrid, type TileGridOptions } from '../tiles.js';

export interface StarsProtocol {
  readonly m1: ImageRole; // the weak or auxiliary sensor
  readonly m2: ImageRole;
  readonly missing: ImageRole; // at test, of every sample: `loadSample(sample, { missing: [missing] })`
  readonly classes: readonly string[]; // that count, by class id
  readonly excludeClasses: readonly number[]; // whose pixels are never aligned
  readonly loading: LoadOptions; // bands, labels, and statistics where they are published
  readonly edge: TileGridOptions['edge']; // what becomes of the last tile of a row
}

const clutter = 5;
const withoutClutter = (potsdam.colors ?? []).slice(0, clutter);

/** STARS on its three data sets: sensors, bands, labels and tiles of section 4 and the tables' captions, statistics of EarthMiss's public code. */
export const starsProtocols: Readonly<Record<'earthmiss' | 'whu-opt-sar' | 'potsdam', StarsProtocol>> = {
  earthmiss: {
    m1: 'sar',
    m2: 'optical',
    missing: 'optical',
    classes: ['background', 'building', 'road', 'water', 'barren', 'forest', 'agricultural', 'playground'],
    excludeClasses: [0], // background
    loading: {
      mean: [111.97261949846957, 118.42392668739762, 115.031314378774],
      std: [72.97088063, 72.98526569, 81.91774359],
      sarMean: [63.30051921735858],
      sarStd: [68.20405016],
    },
    edge: 'shift',
  },
  'whu-opt-sar': {
    m1: 'sar',
    m2: 'optical',
    missing: 'optical',
    classes: ['farmland', 'city', 'village', 'water', 'forest', 'road', 'others'],
    excludeClasses: [],
    loading: { bands: ['NIR', 'R', 'G'] },
    edge: 'drop', // 10 x 7 whole tiles a scene
  },
  potsdam: {
    m1: 'dsm',
    m2: 'optical',
    missing: 'dsm',
    classes: ['impervious', 'building', 'low vegetation', 'tree', 'car'],
    excludeClasses: [],
    loading: {
      bands: ['NIR', 'R', 'G'],
      labels: { values: {}, palette: withoutClutter, ignoreColors: [...(potsdam.colors ?? []).slice(clutter), [0, 0, 0]] },
    },
    edge: 'shift', // 12 x 12 tiles, where they overlap logits are averaged
  },
};

export type StarsDataset = keyof typeof starsProtocols;

/** The tiles of 512 x 512 into which an image is cut, for training and for scoring. */
export const starsWindows = (dataset: StarsDataset, size: { readonly height: number; readonly width: number }, tile = 512): Window[] =>
  tileGrid({ ...size, tile, edge: starsProtocols[dataset].edge });

/**
 * The samples of a split. WHU-OPT-SAR, whose split the paper does not give: that of the list beside the images, else every fifth scene by name is test.
 *
 * @throws DatasetError as `indexDataset`
 */
export async function starsSamples({
  dataset,
  root,
  split,
}: {
  readonly dataset: StarsDataset;
  readonly root: string;
  readonly split: 'train' | 'test';
}): Promise<Sample[]> {
  if (dataset !== 'whu-opt-sar') return indexDataset({ dataset, root, split });
  const hasList = await stat(path.join(root, publishedList)).then((found) => found.isFile(), () => false); // prettier-ignore
  if (hasList) return indexDataset({ dataset, root, split });
  const scenes = (await indexDataset({ dataset, root, split: 'all' })).sort((a, b) => compareCodePoints(a.id, b.id));
  return scenes.filter((_, i) => (i % 5 === 4) === (split === 'test')).map((scene) => ({ ...scene, split }));
}
