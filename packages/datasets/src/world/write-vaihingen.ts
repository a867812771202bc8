import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { encodeColorLabels } from '../color-labels.js';
import { vaihingen } from '../layouts/isprs.js';
import type { LabelMap, Planar } from '../planar.js';
import { fusionTiles } from '../protocols/fusion-protocol.js';
import { writeGeotiff } from '../writing/write-geotiff.js';
import type { WorldScene } from './make-world.js';
import { bandOf, stacked, toBytes, unknown, worldGrid } from './stored-world.js';
import { writeScenes, type WriteWorldOptions } from './write-scenes.js';

/** What stands for the six ISPRS classes, in their order: bare ground takes the place of cars, water that of clutter. */
export const isprsWorldClasses = ['impervious', 'building', 'low vegetation', 'tree', 'bare', 'water'] as const;

const classOf = [5, 3, 2, 2, 4, 1, 0]; // of water, forest, grass, crop, bare, building, road
const [green, red, nir] = [1, 2, 3];
/** Reflectance that becomes 0..255, of NIR, R and G. */
const ranges = [[0, 0.6], [0, 0.3], [0, 0.3]] as const; // prettier-ignore

export interface WriteVaihingenOptions extends Omit<WriteWorldOptions<'train' | 'test'>, 'count'> {
  readonly count?: number; // areas; default: all of the split, 12 and 4
  readonly size?: number; // of an area; default 256
  /** How far from a class border, in pixels, labels are left out of the eroded ones. ISPRS takes 3 at 9 cm; default 1, as streets are 3 wide here. */
  readonly erosion?: number;
}

/**
 * Writes areas in the layout of ISPRS Vaihingen, those of `fusionTiles.vaihingen` in their order, one scene of the world each: `top/` with NIR, R, G in 8
 * bits, `dsm/` with metres in float32, `gts_for_participants/` and `gts_eroded_for_participants/` with colours, black where classes mix or meet.
 * Unlike there, an area is a square and images carry their place. Read a part of them with `indexDataset({ tiles })`.
 *
 * @throws RangeError when there are more areas than the split has
 */
export async function writeVaihingen({ erosion = 1, size = 256, ...options }: WriteVaihingenOptions): Promise<void> {
  const areas = fusionTiles.vaihingen[options.split];
  const { count = areas.length, root } = options;
  if (count > areas.length)
    throw new RangeError(`writeVaihingen: count must be at most ${areas.length}, the areas of ${options.split}, got ${count}`);
  for (const folder of ['top', 'dsm', 'gts_for_participants', 'gts_eroded_for_participants']) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  await writeScenes({ ...options, size, count }, (scene, index) => writeArea(scene, { root, area: areas[index], index, erosion }));
}

interface AreaPlace {
  readonly root: string;
  readonly area: string;
  readonly index: number;
  readonly erosion: number;
}

async function writeArea(scene: WorldScene, { root, area, index, erosion }: AreaPlace): Promise<void> {
  const { size, optical, dsm, labels } = scene;
  const grid = { height: size, width: size };
  const place = worldGrid(size, [0, index]);
  const image = stacked([nir, red, green].map((band, i) => toBytes(bandOf(optical, band, scene), ranges[i])));
  await writeGeotiff(path.join(root, 'top', `top_mosaic_09cm_${area}.tif`), { ...grid, bands: 3, data: image }, place);
  await writeGeotiff(path.join(root, 'dsm', `dsm_09cm_matching_${area}.tif`), { ...grid, bands: 1, data: dsm }, place);
  const ids: LabelMap = { ...grid, data: Int32Array.from(labels, (id) => (id === unknown ? unknown : classOf[id])) };
  await writeGeotiff(path.join(root, 'gts_for_participants', `top_mosaic_09cm_${area}.tif`), colored(ids), place);
  const inner = colored(eroded(ids, erosion));
  await writeGeotiff(path.join(root, 'gts_eroded_for_participants', `top_mosaic_09cm_${area}_noBoundary.tif`), inner, place);
}

const colored = (labels: LabelMap): Planar =>
  encodeColorLabels(labels, { palette: vaihingen.colors ?? [], ignoreIndex: unknown, ignoreColor: [0, 0, 0] });

/** Labels without the pixels that have another label within the disc of `radius` pixels. */
function eroded({ data, height, width }: LabelMap, radius: number): LabelMap {
  const disc: (readonly [number, number])[] = [];
  const reach = Math.floor(radius);
  for (let y = -reach; y <= reach; y++) for (let x = -reach; x <= reach; x++) if (y * y + x * x <= radius * radius) disc.push([y, x]);
  const inner = data.map((id, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const isBorder = disc.some(([dy, dx]) => {
      const [y, x] = [row + dy, column + dx];
      return y >= 0 && y < height && x >= 0 && x < width && data[y * width + x] !== id;
    });
    return isBorder ? unknown : id;
  });
  return { data: inner, height, width };
}
