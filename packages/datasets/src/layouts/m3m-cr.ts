import type { DatasetFolder } from './dataset-folder.js';
import type { DatasetDescription, FoundSamples, IndexOptions, LabelCoding, SampleEntry, SampleFiles } from './description.js';

/** ESA WorldCover codes -> the six classes of the public loader; snow, mangroves and moss are "unknown" there. */
const level1: LabelCoding = {
  values: { 10: 0, 20: 1, 30: 1, 40: 2, 50: 3, 60: 4, 80: 5, 90: 5, 70: 'ignore', 95: 'ignore', 100: 'ignore' },
};
/** Each WorldCover code its own class. */
const level2: LabelCoding = { values: { 10: 0, 20: 1, 30: 2, 40: 3, 50: 4, 60: 5, 70: 6, 80: 7, 90: 8, 95: 9, 100: 10 } };

/** Columns of a list, in order: the role, and the folder kind and extension of its files. */
const columns = [
  ['cloudFree', 'planet_cloudfree', 'tif'],
  ['cloudy', 'planet_cloudy', 'tif'],
  ['sar', 'S1', 'tif'],
  ['label', 'landcover', 'tif'],
  ['cloudMask', 'cloudmask', 'npy'],
] as const;

/**
 * M3M-CR: PlanetScope with and without clouds (300 x 300, 3 m), Sentinel-1 and WorldCover (90 x 90, 10 m), cloud masks. Files are
 * `<split>/<kind>_<season>/<kind>_<season>_<region>/<kind>_<season>_<region>_p_<patch>`; the scene is `<season>_<region>`.
 */
export const m3mCr: DatasetDescription = {
  name: 'm3m-cr',
  splits: ['train', 'val', 'test'],
  classes: ['forest', 'rangeland', 'agriculture', 'urban', 'barren', 'water'],
  colors: [[0, 100, 0], [255, 187, 34], [240, 150, 255], [250, 0, 0], [180, 180, 180], [0, 100, 200]], // WorldCover's own, without grassland
  bands: { optical: ['B', 'G', 'R', 'NIR'], sar: ['VV', 'VH'] },
  ranges: {
    optical: { min: [0, 0, 0, 0], max: [10_000, 10_000, 10_000, 10_000] }, // reflectance x 10000
    sar: { min: [-25, -32.5], max: [0, 0] }, // dB
  },
  coarseGrid: { fineStep: 10, coarseStep: 3 },
  labels: level1,
  labelLevels: { 1: level1, 2: level2 },
  index: (folder, options) => (options.list === undefined ? scan(folder, options) : readList(folder, options, options.list)),
}; // prettier-ignore

/** Five comma-separated paths a line, relative to `<root>/<split>`. */
async function readList(folder: DatasetFolder, { split }: IndexOptions, list: string): Promise<FoundSamples> {
  const entries: SampleEntry[] = [];
  for (const { number, text } of await folder.needLines(list)) {
    const where = `${list} line ${number}`;
    const cells = text.split(',').map((cell) => cell.trim());
    if (cells.length !== columns.length) {
      folder.report(`${where}: ${cells.length} columns, expected ${columns.length} (${columns.map(([role]) => role).join(', ')})`);
      continue;
    }
    const files: Record<string, string> = {};
    const keys = new Set<string>();
    for (const [i, [role, kind, extension]] of columns.entries()) {
      const file = folder.inside(split, cells[i], where);
      if (file === undefined) continue;
      if (!(await folder.has(file))) folder.report(`${where}: ${file} does not exist`);
      const key = keyOf(file, kind, extension);
      if (key === undefined)
        folder.report(`${where}: column ${i + 1} is ${cells[i]}, expected ${kind}_<season>_<region>_p_<patch>.${extension}`);
      else keys.add(key);
      files[role] = file;
    }
    if (keys.size > 1) folder.report(`${where}: the columns are of different patches: ${[...keys].join(', ')}`);
    const [id] = keys;
    if (id !== undefined) entries.push({ id, scene: sceneOf(id), files: files as SampleFiles });
  }
  return { entries, listed: true };
}

/** Without a list, every cloud-free patch of the split on disk. */
async function scan(folder: DatasetFolder, { split }: IndexOptions): Promise<FoundSamples> {
  const entries: SampleEntry[] = [];
  const [[, reference, referenceExtension]] = columns;
  for (const season of await folder.names(split)) {
    if (!season.startsWith(`${reference}_`)) continue;
    for (const region of await folder.names(`${split}/${season}`)) {
      for (const name of await folder.names(`${split}/${season}/${region}`)) {
        const id = keyOf(name, reference, referenceExtension);
        if (id === undefined) continue;
        const files: Record<string, string> = {};
        for (const [role, kind, extension] of columns) {
          const swap = (text: string): string => kind + text.slice(reference.length);
          files[role] = await folder.need(id, role, [`${split}/${swap(season)}/${swap(region)}/${kind}_${id}.${extension}`]);
        }
        entries.push({ id, scene: sceneOf(id), files: files as SampleFiles });
      }
    }
  }
  return { entries, listed: false };
}

/** `planet_cloudy_fall_1_p_457.tif` -> `fall_1_p_457` */
function keyOf(file: string, kind: string, extension: string): string | undefined {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return new RegExp(`^${kind}_(.+_p_\\d+)\\.${extension}$`).exec(name)?.[1];
}

const sceneOf = (id: string): string => id.replace(/_p_\d+$/, '');
