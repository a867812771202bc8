import { tileBatches, type ClearTile, type Tiles } from '../tiles.js';

/** SAR intensity of a class's pixels, of 0..255. */
export interface Backscatter {
  readonly mean: number;
  readonly deviation: number; // of single pixels, speckle included
}

/** Of each class, over all labelled pixels; NaN for a class that is not there. */
export async function backscatterOf(tiles: Tiles<ClearTile>, numClasses: number): Promise<Backscatter[]> {
  const sums = Array.from({ length: numClasses }, () => ({ count: 0, sum: 0, squares: 0 }));
  for await (const [{ sar, label }] of tileBatches(tiles, 1)) {
    label.data.forEach((id, pixel) => {
      if (id >= numClasses) return;
      sums[id].count++;
      sums[id].sum += sar.data[pixel];
      sums[id].squares += sar.data[pixel] ** 2;
    });
  }
  return sums.map(({ count, sum, squares }) => {
    const mean = sum / count;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean ** 2)) };
  });
}
