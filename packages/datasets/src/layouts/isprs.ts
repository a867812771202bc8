import type { Color } from '../color-labels.js';
import type { DatasetFolder } from './dataset-folder.js';
import type { DatasetDescription, FoundSamples, IndexOptions, LabelCoding, SampleEntry, SampleFiles } from './description.js';

const classes = ['impervious', 'building', 'low vegetation', 'tree', 'car', 'clutter'];
const palette: readonly Color[] = [[255, 255, 255], [0, 0, 255], [0, 255, 255], [0, 255, 0], [255, 255, 0], [255, 0, 0]]; // prettier-ignore
const labels: LabelCoding = { values: {}, palette, ignoreColors: [[0, 0, 0]] }; // black: class borders of the eroded labels

/** The tiles of each split, as in the public loaders. */
const potsdamTiles: Readonly<Record<string, readonly string[]>> = {
  train: [
    '2_10', '2_11', '2_12', '3_10', '3_11', '3_12', '4_10', '4_11', '4_12', '5_10', '5_11', '5_12',
    '6_7', '6_8', '6_9', '6_10', '6_11', '6_12', '7_7', '7_8', '7_9', '7_10', '7_11', '7_12',
  ],
  test: ['2_13', '2_14', '3_13', '3_14', '4_13', '4_14', '4_15', '5_13', '5_14', '5_15', '6_13', '6_14', '6_15', '7_13'],
}; // prettier-ignore

/** ISPRS Potsdam: tiles of 6000 x 6000 at 5 cm, with a normalised height of 0.1 m a step. Tile numbers are zero padded in height files only. */
export const potsdam: DatasetDescription = {
  name: 'potsdam',
  splits: Object.keys(potsdamTiles),
  classes,
  colors: palette,
  bands: { optical: ['R', 'G', 'B', 'NIR'], sar: [] },
  labels,
  index: (folder, options) =>
    indexTiles(folder, options, potsdamTiles[options.split], (tile) => {
      const padded = tile.split('_').map((number) => number.padStart(2, '0')).join('_'); // prettier-ignore
      const height = `dsm_potsdam_${padded}_normalized`;
      return {
        optical: nested('4_Ortho_RGBIR', `top_potsdam_${tile}_RGBIR.tif`),
        dsm: [...nested('1_DSM_normalisation', `${height}_lastools.jpg`), ...nested('1_DSM_normalisation', `${height}_ownapproach.jpg`)],
        label: [
          ...nested('5_Labels_for_participants', `top_potsdam_${tile}_label.tif`),
          ...nested('5_Labels_all', `top_potsdam_${tile}_label.tif`),
        ],
        labelEroded: nested('5_Labels_for_participants_no_Boundary', `top_potsdam_${tile}_label_noBoundary.tif`),
      };
    }),
};

const areas = (...numbers: number[]): string[] => numbers.map((number) => `area${number}`);
const vaihingenAreas: Readonly<Record<string, readonly string[]>> = {
  train: areas(1, 3, 5, 7, 11, 13, 15, 17, 21, 23, 26, 28, 30, 32, 34, 37),
  test: areas(2, 4, 6, 8, 10, 12, 14, 16, 20, 22, 24, 27, 29, 31, 33, 35, 38),
};

/** ISPRS Vaihingen: 33 areas of various size at 9 cm, NIR, R, G and a height in metres. */
export const vaihingen: DatasetDescription = {
  name: 'vaihingen',
  splits: Object.keys(vaihingenAreas),
  classes,
  colors: palette,
  bands: { optical: ['NIR', 'R', 'G'], sar: [] },
  labels,
  index: (folder, options) =>
    indexTiles(folder, options, vaihingenAreas[options.split], (area) => ({
      optical: nested('top', `top_mosaic_09cm_${area}.tif`),
      dsm: nested('dsm', `dsm_09cm_matching_${area}.tif`),
      label: nested('gts_for_participants', `top_mosaic_09cm_${area}.tif`),
      labelEroded: nested('gts_eroded_for_participants', `top_mosaic_09cm_${area}_noBoundary.tif`),
    })),
};

/** Archives unpack with or without one more folder of the same name. */
const nested = (folder: string, name: string): string[] => [`${folder}/${name}`, `${folder}/${folder}/${name}`];

type Candidates = Readonly<Record<'optical' | 'dsm' | 'label' | 'labelEroded', readonly string[]>>;

async function indexTiles(
  folder: DatasetFolder,
  { split, allowMissingTiles = false, tiles: chosen }: IndexOptions,
  listed: readonly string[],
  candidatesOf: (tile: string) => Candidates,
): Promise<FoundSamples> {
  const entries: SampleEntry[] = [];
  for (const tile of chosen ?? listed) {
    const { labelEroded, ...needed } = candidatesOf(tile);
    const found = await Promise.all(Object.values(needed).map((candidates) => folder.first(candidates)));
    if (found.every((file) => file === undefined)) {
      if (!allowMissingTiles)
        folder.report(`tile ${tile} of the split ${split} is missing, expected ${needed.optical.join(' or ')} (or allowMissingTiles)`);
      continue;
    }
    const files: Record<string, string> = {};
    for (const [role, candidates] of Object.entries(needed)) files[role] = await folder.need(tile, role, candidates);
    const eroded = await folder.first(labelEroded);
    if (eroded !== undefined) files.labelEroded = eroded;
    entries.push({ id: tile, scene: tile, files: files as SampleFiles });
  }
  return { entries, listed: false };
}
