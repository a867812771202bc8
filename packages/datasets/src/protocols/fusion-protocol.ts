import type { Window } from '../planar.js';
import { tileGrid } from '../tiles.js';

/**
 * The tiles that OT + MMD fusion trains and is scored on, as in MFMamba's public code: all are in the training part of the public lists, so labels of all
 * are public. `indexDataset({ dataset: 'vaihingen', split: 'train', tiles: fusionTiles.vaihingen.test, ... })`.
 */
export const fusionTiles = {
  vaihingen: {
    train: ['area1', 'area3', 'area23', 'area26', 'area7', 'area11', 'area13', 'area28', 'area17', 'area32', 'area34', 'area37'],
    test: ['area5', 'area21', 'area15', 'area30'],
  },
  potsdam: {
    train: [
      '6_10', '7_10', '2_12', '3_11', '2_10', '7_8', '5_10', '3_12', '5_12', '7_11', '7_9', '6_9', '7_7', '4_12', '6_8', '6_12', '6_7', '4_11',
    ],
    test: ['4_10', '5_11', '2_11', '3_10', '6_11', '7_12'],
  },
} as const; // prettier-ignore

/** How tiles of both data sets are read: images / 255, heights to [0, 1] by the least and largest of each tile; RGB of Potsdam's four bands. */
export const fusionLoading = {
  vaihingen: { opticalScale: 255, stretchHeights: true },
  potsdam: { bands: ['R', 'G', 'B'], opticalScale: 255, stretchHeights: true },
} as const;

/** What scoring adds: class borders are left out, and clutter does not enter the means. */
export const fusionScoring = { loading: { erodedLabels: true }, meanClasses: [0, 1, 2, 3, 4] } as const;

/** The windows of 256 x 256 in which a tile is predicted, the last ones moved back to the border; `stride` 32, or 128 for quick runs. */
export const fusionWindows = (size: { readonly height: number; readonly width: number }, stride = 32): Window[] =>
  tileGrid({ ...size, tile: 256, overlap: 256 - stride, edge: 'shift' });
