import type { Sample } from '@rs/datasets';
import { centreCrop, type Patch, type PatchSplits } from '../data.js';

/** Tiles behind the figures of representations and gates: enough to span 512 channels with 25 positions a tile of 160. */
export const mostTiles = 256;

/** Centre crops of the scored patches, some at a time, evenly picked where there are more than `mostTiles`. */
export async function* tileBatches({ test, load }: PatchSplits, crop: number, batchSize: number): AsyncGenerator<Patch[]> {
  const count = Math.min(mostTiles, test.length);
  const picked: Sample[] = Array.from({ length: count }, (_, i) => test[Math.floor((i * test.length) / count)]);
  for (let first = 0; first < count; first += batchSize) {
    const tiles: Patch[] = [];
    for (const sample of picked.slice(first, first + batchSize)) tiles.push(centreCrop(await load(sample), crop));
    yield tiles;
  }
}
