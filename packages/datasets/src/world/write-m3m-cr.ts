import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { LabelCoding } from '../layouts/description.js';
import type { Color } from '../color-labels.js';
import { writeGeotiff } from '../writing/write-geotiff.js';
import { writeNpy } from '../writing/write-npy.js';
import type { WorldScene } from './make-world.js';
import { unknown, worldGrid } from './stored-world.js';
import { writeScenes, type WriteWorldOptions } from './write-scenes.js';

/** ESA WorldCover codes by class id. WorldCover has no road: 51, which it leaves free, stands for it; 100 (moss) for unknown. */
const codes = [80, 10, 30, 40, 60, 50, 51];
const unknownCode = 100;

/** How the world's land-cover files are read back: `loadSample(sample, { labels: worldLabels })`. */
export const worldLabels: LabelCoding = {
  values: { ...Object.fromEntries(codes.map((code, id) => [code, id])), [unknownCode]: 'ignore' },
};

/** By class id, for maps. */
export const worldColors: readonly Color[] = [
  [0, 114, 178],
  [0, 95, 60],
  [127, 201, 127],
  [232, 197, 71],
  [185, 139, 94],
  [213, 94, 0],
  [245, 240, 230],
];

const seasons = ['fall', 'summer'] as const;

/**
 * Writes scenes 0..count-1 of a world as files in the layout of M3M-CR: `<root>/<split>/<kind>_<season>/<kind>_<season>_<region>/...`, four scenes a
 * region, and the list `one_<split>_sample.csv`. Types and blocks are those of the data set (uint16 reflectance x 10000 in strips of 3 rows, float64
 * dB in strips of 5, WorldCover codes, NumPy masks); unlike there, all lie on one grid. The list is written last: with it, the split is complete.
 */
export async function writeM3mCr(options: WriteWorldOptions<'train' | 'test'>): Promise<void> {
  const { seed, root, split } = options;
  const lines = await writeScenes(options, (scene, index) => writeScene(scene, { seed, index, folder: path.join(root, split) }));
  await writeFileAtomic(path.join(root, `one_${split}_sample.csv`), `${lines.join('\n')}\n`);
}

interface ScenePlace {
  readonly seed: number;
  readonly index: number;
  readonly folder: string;
}

/** Writes the five files of a scene; returns its line in the list. */
async function writeScene(scene: WorldScene, { seed, index, folder }: ScenePlace): Promise<string> {
  const { size, optical, cloudy, sar, labels, cloudMask } = scene;
  const region = 10_000 * seed + Math.floor(index / 4); // patches of different worlds have different names
  const season = seasons[region % 2];
  const fileOf = (kind: string, extension: string): string =>
    `${kind}_${season}/${kind}_${season}_${region}/${kind}_${season}_${region}_p_${index}.${extension}`;
  const files = [
    fileOf('planet_cloudfree', 'tif'),
    fileOf('planet_cloudy', 'tif'),
    fileOf('S1', 'tif'),
    fileOf('landcover', 'tif'),
    fileOf('cloudmask', 'npy'),
  ];
  for (const file of files) await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
  const [cloudFreeFile, cloudyFile, sarFile, labelFile, maskFile] = files.map((file) => path.join(folder, file));

  const place = worldGrid(size, [Math.floor(index / 4), index % 4]);
  const grid = { height: size, width: size };
  const reflectance = (image: Float32Array): Uint16Array => Uint16Array.from(image, (value) => Math.max(1, Math.round(10_000 * value))); // 0 is nodata
  await writeGeotiff(cloudFreeFile, { ...grid, bands: 4, data: reflectance(optical) }, { ...place, nodata: 0, rowsPerStrip: 3 });
  await writeGeotiff(cloudyFile, { ...grid, bands: 4, data: reflectance(cloudy) }, { ...place, nodata: 0, rowsPerStrip: 3 });
  await writeGeotiff(sarFile, { ...grid, bands: 2, data: Float64Array.from(sar) }, { ...place, rowsPerStrip: 5 });
  const landCover = Uint8Array.from(labels, (id) => (id === unknown ? unknownCode : codes[id]));
  await writeGeotiff(labelFile, { ...grid, bands: 1, data: landCover }, place);
  await writeNpy(maskFile, { shape: [size, size], data: cloudMask }, { asBool: true });
  return files.join(',');
}
