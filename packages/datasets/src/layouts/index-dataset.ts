import { compareCodePoints } from '../splits.js';
import { DatasetFolder } from './dataset-folder.js';
import { ddhr, ddhrCh } from './ddhr.js';
import type { DatasetDescription, IndexOptions, SampleEntry } from './description.js';
import { dfc2023 } from './dfc2023.js';
import { earthMiss } from './earthmiss.js';
import { potsdam, vaihingen } from './isprs.js';
import { m3mCr } from './m3m-cr.js';
import { mmovsegDdch, mmovsegDdsk, mmovsegOem, mmovsegPie } from './mmovseg.js';
import { openEarthMapSar } from './openearthmap-sar.js';
import { pieRgbSar } from './pie-rgb-sar.js';
import { spaceNet6 } from './spacenet6.js';
import { whuOptSar } from './whu-opt-sar.js';

const descriptions: ReadonlyMap<string, DatasetDescription> = new Map(
  [
    m3mCr, whuOptSar, earthMiss, potsdam, vaihingen, openEarthMapSar, pieRgbSar, ddhr, ddhrCh,
    mmovsegPie, mmovsegDdsk, mmovsegDdch, mmovsegOem, spaceNet6, dfc2023,
  ].map((description) => [description.name, description]),
); // prettier-ignore

/** A sample of a data set on disk: which files belong together. */
export interface Sample extends SampleEntry {
  readonly dataset: string;
  readonly root: string;
  readonly split: string;
}

/** What is known of a data set by its name. Throws RangeError at an unknown one. */
export function describeDataset(name: string): DatasetDescription {
  const description = descriptions.get(name);
  if (description) return description;
  throw new RangeError(`dataset ${name} is not known; expected one of ${[...descriptions.keys()].join(', ')}`);
}

/**
 * Finds the samples of one split, in the order of the list where there is one, else sorted by id.
 *
 * @throws DatasetError with every problem found: partners that are missing, samples that are listed twice, list entries outside the root or not
 *   on disk, a root without any sample (an empty list is an empty split, no error)
 */
export async function indexDataset(options: IndexOptions): Promise<Sample[]> {
  const { dataset, root, split } = options;
  const description = describeDataset(dataset);
  if (!description.splits.includes(split)) {
    throw new RangeError(`indexDataset: ${dataset} has no split ${split}; expected one of ${description.splits.join(', ')}`);
  }
  const folder = await DatasetFolder.open(root);
  const { entries, listed } = await description.index(folder, options);
  const seen = new Set<string>();
  for (const { id } of entries) {
    if (seen.has(id)) folder.report(`${id} is there twice (duplicate sample)`);
    seen.add(id);
  }
  if (entries.length === 0 && !listed)
    folder.report(`no sample of ${dataset}, split ${split}, was found: the folder is empty or has another layout`);
  folder.throwProblems();
  const samples = entries.map((entry) => ({ dataset, root, split, ...entry }));
  return listed ? samples : samples.sort((a, b) => compareCodePoints(a.id, b.id));
}
