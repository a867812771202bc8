import { assertOneOf } from './assert-one-of.js';

const pieClasses = ['backbroad', 'city', 'road', 'water', 'forest', 'farmland'];
const ddhrSkClasses = ['city', 'road', 'forest', 'water', 'farmland'];
const ddhrChClasses = ['city', 'road', 'farmland', 'forest', 'water'];
const oemClasses = ['bareland', 'rangeland', 'developedspace', 'road', 'tree', 'water', 'agricultureland', 'building'];

const pie = { test: pieClasses, train: pieClasses };
const ddhr = { test: ddhrSkClasses, train: ddhrSkClasses };
const ddhrCh = { test: ddhrChClasses, train: ddhrSkClasses }; // only tested on
const oem = { test: oemClasses, train: oemClasses };

/** All classes in label order, as the released MM-OVSeg spells them, by the names of @rs/datasets: as published, and as released with MM-OVSeg. */
const classesOf = {
  'pie-rgb-sar': pie,
  ddhr,
  'ddhr-ch': ddhrCh,
  'oem-sar': oem,
  'mmovseg-pie': pie,
  'mmovseg-ddsk': ddhr,
  'mmovseg-ddch': ddhrCh,
  'mmovseg-oem': oem,
} as const;

const unseenClasses = new Set(['road', 'water', 'building']); // no data set is trained with any of them

const corrected = new Map([
  ['backbroad', 'background'],
  ['developedspace', 'developed space'],
  ['agricultureland', 'agricultural land'],
]);

export type OvsegDataset = keyof typeof classesOf;

export interface ClassNamesOptions {
  readonly part: 'train' | 'test'; // the seen classes alone, or all
  readonly spelling?: 'released' | 'clean'; // default released, misspellings included
}

export interface ClassNames {
  readonly names: string[]; // in label order
  readonly unseen: boolean[]; // whether the class is absent from training
}

/**
 * Class lists of the settings of MM-OVSeg, section 4.1, for `classTokens`.
 *
 * @throws RangeError when data set, part or spelling is none of those
 */
export function classNames(dataset: OvsegDataset, { part, spelling = 'released' }: ClassNamesOptions): ClassNames {
  assertOneOf('classNames: dataset', dataset, Object.keys(classesOf) as OvsegDataset[]);
  assertOneOf('classNames: part', part, ['train', 'test']);
  assertOneOf('classNames: spelling', spelling, ['released', 'clean']);
  const all = classesOf[dataset][part];
  const kept = part === 'test' ? all : all.filter((name) => !unseenClasses.has(name));
  return {
    names: kept.map((name) => (spelling === 'clean' ? (corrected.get(name) ?? name) : name)),
    unseen: kept.map((name) => unseenClasses.has(name)),
  };
}
