import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { LabelCoding } from '../layouts/description.js';
import { publishedList } from '../layouts/whu-opt-sar.js';
import { writeGeotiff } from '../writing/write-geotiff.js';
import type { WorldScene } from './make-world.js';
import { unknown, worldGrid } from './stored-world.js';
import { writeScenes, type WriteWorldOptions } from './write-scenes.js';

/** WHU-OPT-SAR's codes by the world's class id. Grass has none there and takes that of villages; bare ground is among the others. */
const codes = [40, 50, 30, 10, 70, 20, 60];

/** How the labels are read back as the world's classes: `loadSample(sample, { labels: whuWorldLabels })`. */
export const whuWorldLabels: LabelCoding = {
  values: { 0: 'ignore', ...Object.fromEntries(codes.map((code, id) => [code, id])) },
};

/** Names of the bands of the radar files, for `loadSample(sample, { sarBandOrder: whuWorldSarBands })`. */
export const whuWorldSarBands = ['VV', 'VH'] as const;

/**
 * Writes scenes 0..count-1 of a world in the layout of WHU-OPT-SAR, of the real layouts with labels the nearest to four optical bands, radar and seven
 * classes: `optical/<name>.tif`, `sar/<name>.tif`, `lbl/<name>.tif` and the split's block in `The division of the dataset.txt`. Unlike there, the
 * optical images (B, G, R, NIR; cloud-free) are reflectance x 10000 in uint16, the radar images have two bands, VV and VH, as dB in float32,
 * and a scene is a small square. The list is written last, other splits stay in it: with its block, a split is complete.
 */
export async function writeWhuOptSar(options: WriteWorldOptions<'train' | 'val' | 'test'>): Promise<void> {
  const { seed, root, split } = options;
  for (const folder of ['optical', 'sar', 'lbl']) await mkdir(path.join(root, folder), { recursive: true });
  const names = await writeScenes(options, async (scene, index) => {
    const name = `W${seed}N${String(index).padStart(5, '0')}`;
    await writeScene(scene, { root, name, index });
    return name;
  });
  await addToList(path.join(root, publishedList), split, names);
}

async function writeScene(
  { size, optical, sar, labels }: WorldScene,
  { root, name, index }: { readonly root: string; readonly name: string; readonly index: number },
): Promise<void> {
  const grid = { height: size, width: size };
  const place = worldGrid(size, [0, index]);
  const file = (folder: string): string => path.join(root, folder, `${name}.tif`);
  const reflectance = Uint16Array.from(optical, (value) => Math.round(10_000 * value));
  await writeGeotiff(file('optical'), { ...grid, bands: 4, data: reflectance }, place);
  await writeGeotiff(file('sar'), { ...grid, bands: 2, data: sar }, place);
  const stored = Uint8Array.from(labels, (id) => (id === unknown ? 0 : codes[id]));
  await writeGeotiff(file('lbl'), { ...grid, bands: 1, data: stored }, place);
}

/** Puts the block of a split into the list, in the place of an older one. */
async function addToList(file: string, split: string, names: readonly string[]): Promise<void> {
  const list = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const others = list.split(/\n{2,}/).filter((block) => block.trim() !== '' && !block.startsWith(`${split}:`));
  const block = [`${split}:`, ...names.map((name) => `${name}.tif`)].join('\n');
  await writeFileAtomic(file, `${[...others.map((other) => other.trim()), block].join('\n\n')}\n`);
}
