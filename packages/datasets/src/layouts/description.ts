import type { Color } from '../color-labels.js';
import type { DatasetFolder } from './dataset-folder.js';

/** The files of a sample, relative to the root, with slashes. */
export interface SampleFiles {
  readonly optical?: string;
  readonly cloudy?: string;
  readonly cloudFree?: string;
  readonly sar?: string;
  readonly dsm?: string; // height
  readonly label?: string;
  readonly labelEroded?: string; // class borders set to ignored
  readonly cloudMask?: string;
}

export interface SampleEntry {
  readonly id: string;
  readonly scene: string; // what must not lie in two splits
  readonly files: SampleFiles;
}

export interface IndexOptions {
  readonly dataset: string;
  readonly root: string;
  readonly split: string;
  /** List file relative to the root; default: the data set's own name for it, where it has one. */
  readonly list?: string;
  /** MM-OVSeg releases: which optical images; `clean` and `cloud` (PIE), `thick` and `thin` (OEM). */
  readonly track?: 'clean' | 'cloud' | 'thick' | 'thin';
  readonly allowMissingCities?: boolean; // EarthMiss: a part of the data set is on disk
  readonly allowMissingTiles?: boolean; // ISPRS: likewise
  readonly tiles?: readonly string[]; // ISPRS: these tiles, as a protocol of its own, instead of those of the split's list
}

export interface FoundSamples {
  readonly entries: readonly SampleEntry[];
  readonly listed: boolean; // a list file gave the samples and their order
}

/** How labels are stored: each value's class id (single-band files), each class's colour (RGB files). */
export interface LabelCoding {
  readonly values: Readonly<Record<number, number | 'ignore'>>;
  readonly palette?: readonly Color[];
  readonly ignoreColors?: readonly Color[];
}

/** [0, 1] from the range min..max of each band, in the order of the file. */
export interface BandRange {
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** What is known of a data set: one constant of this type a data set, in a file of its own. */
export interface DatasetDescription {
  readonly name: string;
  readonly splits: readonly string[];
  readonly classes: readonly string[]; // by class id; empty where the data set has no labels
  readonly colors?: readonly Color[]; // by class id, for maps
  readonly bands: { readonly optical: readonly string[]; readonly sar: readonly string[] }; // in the order of the files
  readonly ranges?: { readonly optical: BandRange; readonly sar: BandRange }; // scaling that belongs to the data set
  /** Where SAR and labels are coarser: the grids meet every `fineStep` optical = `coarseStep` coarse pixels. */
  readonly coarseGrid?: { readonly fineStep: number; readonly coarseStep: number };
  readonly greyAsRgb?: boolean; // single-band images are repeated three times
  readonly labels?: LabelCoding;
  readonly labelLevels?: Readonly<Record<number, LabelCoding>>; // where the labels have several class lists; the first is `labels`
  /** Finds the samples of a split; reports problems to the folder and goes on. */
  readonly index: (folder: DatasetFolder, options: IndexOptions) => Promise<FoundSamples>;
}

/** {0: 0, 1: 1, ...}: stored values that are class ids already. */
export const identityValues = (numClasses: number): Record<number, number> =>
  Object.fromEntries(Array.from({ length: numClasses }, (_, id) => [id, id]));
