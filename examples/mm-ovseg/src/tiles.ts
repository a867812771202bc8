import type { Sample } from '@rs/datasets';
import type { CompleteSample } from '@rs/experiments';

/** Optical and SAR images in 0..255, three bands each, and class ids; 255 ignored. */
export type ClearTile = CompleteSample<'optical' | 'sar' | 'label'>;

/** A tile with the place of its clouds. */
export type Tile = CompleteSample<'optical' | 'sar' | 'label' | 'cloudMask'>;

/** Files and how they are read. */
export interface Tiles<T extends ClearTile> {
  readonly samples: readonly Sample[];
  readonly load: (sample: Sample) => Promise<T>;
}

/** Groups of tiles in their order, the last one smaller. */
export async function* tileBatches<T extends ClearTile>({ samples, load }: Tiles<T>, batchSize: number): AsyncGenerator<T[]> {
  for (let first = 0; first < samples.length; first += batchSize) {
    yield await Promise.all(samples.slice(first, first + batchSize).map(load));
  }
}
