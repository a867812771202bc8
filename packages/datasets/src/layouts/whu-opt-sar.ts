import type { DatasetFolder } from './dataset-folder.js';
import type { DatasetDescription, FoundSamples, IndexOptions, SampleEntry } from './description.js';

export const publishedList = 'The division of the dataset.txt';

/**
 * WHU-OPT-SAR: scenes of 5556 x 3704 at 5 m, GF-1 optical and GF-3 SAR. The author once called the order of the first three bands blue, green,
 * red and once red, green, blue; the first is assumed, `bandOrder` of `loadSample` changes it.
 */
export const whuOptSar: DatasetDescription = {
  name: 'whu-opt-sar',
  splits: ['train', 'val', 'test', 'all'],
  classes: ['farmland', 'city', 'village', 'water', 'forest', 'road', 'others'],
  colors: [[204, 102, 0], [255, 0, 0], [255, 255, 0], [0, 0, 255], [85, 167, 0], [0, 255, 255], [153, 102, 153]],
  bands: { optical: ['B', 'G', 'R', 'NIR'], sar: ['SAR'] },
  labels: { values: { 0: 'ignore', 10: 0, 20: 1, 30: 2, 40: 3, 50: 4, 60: 5, 70: 6 } },
  index,
}; // prettier-ignore

/** `train` and `test` come from the published list (one of your own may have `val`); `all` is every scene on disk, to be split by `sceneSplit`. */
async function index(folder: DatasetFolder, { split, list }: IndexOptions): Promise<FoundSamples> {
  const optical = (await folder.first(['optical', 'image'])) ?? 'optical'; // the folder's newer and older name
  const scenes = split === 'all' ? await scenesOnDisk(folder, optical) : await scenesOfList(folder, split, list ?? publishedList);
  const entries: SampleEntry[] = [];
  for (const scene of scenes) {
    const need = (role: string, name: string): Promise<string> => folder.need(scene, role, [`${name}/${scene}.tif`]);
    const files = { optical: await need('optical', optical), sar: await need('sar', 'sar'), label: await need('label', 'lbl') };
    entries.push({ id: scene, scene, files });
  }
  return { entries, listed: split !== 'all' };
}

/** Every name in any of the three folders, so that a scene without a partner is noticed. */
async function scenesOnDisk(folder: DatasetFolder, optical: string): Promise<string[]> {
  const names = (await Promise.all([optical, 'sar', 'lbl'].map((name) => folder.names(name)))).flat();
  return [...new Set(names.filter((name) => name.endsWith('.tif')).map((name) => name.slice(0, -4)))];
}

/** A list is blocks of a line `<split>:` and the names of its scenes. */
async function scenesOfList(folder: DatasetFolder, split: string, list: string): Promise<string[]> {
  const scenes: string[] = [];
  let block: string | undefined;
  let found = false;
  const lines = await folder.needLines(list);
  for (const { number, text } of lines) {
    const where = `${list} line ${number}`;
    if (text.endsWith(':')) {
      block = text.slice(0, -1);
      found ||= block === split;
    } else if (block === undefined) folder.report(`${where}: ${text} stands before the first line like "train:"`);
    else if (block === split && folder.inside('', text, where) !== undefined) scenes.push(text.replace(/\.tif$/, ''));
  }
  if (!found && lines.length > 0) folder.report(`${list} has no line "${split}:"`);
  return scenes;
}
