import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { identityValues, type LabelCoding } from '../layouts/description.js';
import { writePng } from '../writing/write-png.js';
import { worldClasses, type WorldScene } from './make-world.js';
import { bandOf, stacked, toBytes, unknown } from './stored-world.js';
import { writeScenes, type WriteWorldOptions } from './write-scenes.js';

/** How masks with all classes are read back: `loadSample(sample, { labels: worldIdLabels })`. */
export const worldIdLabels: LabelCoding = { values: { ...identityValues(worldClasses.length), [unknown]: 'ignore' } };

const [green, red, blue] = [1, 2, 0];
const reflectanceRange = [0, 0.3] as const;
const decibelRange = [-25, 0] as const;

export interface WriteMmovsegPieOptions extends WriteWorldOptions<'train' | 'val'> {
  /** The classes of the masks, renumbered from 0 in this order, as in the released training masks; others are 255. Default: all, as they are. */
  readonly seen?: readonly number[];
}

/**
 * Writes scenes 0..count-1 of a world in the layout of MM-OVSeg's release of PIE-RGB-SAR: `<split>/rgb/<n>.png` (clear), `rgb_clouds/`, `sar/` (grey) and
 * `D2masks6/` (class ids, 255 ignored). Reflectance 0..0.3 and VV of -25..0 dB become 0..255. Unlike there, classes are the world's seven. The split's
 * folder appears whole or not at all.
 *
 * @throws Error when the split's folder exists
 */
export async function writeMmovsegPie({ seen, ...options }: WriteMmovsegPieOptions): Promise<void> {
  const folder = path.join(options.root, options.split);
  const exists = await stat(folder).then(() => true, () => false); // prettier-ignore
  if (exists) throw new Error(`writeMmovsegPie: ${folder} must not exist yet`);
  const partial = `${folder}.partial`;
  for (const name of ['rgb', 'rgb_clouds', 'sar', 'D2masks6']) await mkdir(path.join(partial, name), { recursive: true });
  await writeScenes(options, async (scene, index) => {
    const grid = { height: scene.size, width: scene.size };
    const write = (name: string, data: Uint8Array): Promise<void> =>
      writePng(path.join(partial, name, `${index + 1}.png`), { ...grid, bands: data.length / (scene.size * scene.size), data });
    await write('rgb', colors(scene, scene.optical));
    await write('rgb_clouds', colors(scene, scene.cloudy));
    await write('sar', toBytes(bandOf(scene.sar, 0, scene), decibelRange));
    await write('D2masks6', masked(scene.labels, seen));
  });
  await rename(partial, folder);
}

const colors = (scene: WorldScene, image: Float32Array): Uint8Array =>
  stacked([red, green, blue].map((band) => toBytes(bandOf(image, band, scene), reflectanceRange)));

const masked = (labels: Uint8Array, seen: readonly number[] | undefined): Uint8Array =>
  seen ? labels.map((id) => (seen.includes(id) ? seen.indexOf(id) : unknown)) : labels;
