import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  indexDataset,
  loadSample,
  makeScene,
  seenLabels,
  worldIdLabels,
  writeMmovsegPie,
  type Sample,
  type WorldOptions,
} from '@rs/datasets';
import { completeSample, keptInMemory, type Reporter } from '@rs/experiments';
import type { ClearTile, Tile, Tiles } from './tiles.js';

export interface WorldTiles {
  readonly seed: number; // of the world
  readonly count: number;
  readonly size: number; // pixels a side
  readonly options: WorldOptions;
  readonly split: 'train' | 'val';
  readonly root: string; // a folder of this world alone
}

/** Tiles of a synthetic world as files in the layout of MM-OVSeg's PIE-RGB-SAR: written once, then read back by the reader of the real data. */
export class StoredWorld {
  readonly #world: WorldTiles;
  readonly #masks = new Map<number, Uint8Array>();

  private constructor(world: WorldTiles) {
    this.#world = world;
  }

  static async open(world: WorldTiles, reporter: Reporter): Promise<StoredWorld> {
    const { seed, count, size, options, split, root } = world;
    if (!existsSync(path.join(root, split))) {
      reporter.stage(`Writing world ${seed}: ${count} tiles as PNGs`);
      await writeMmovsegPie({ ...options, seed, count, size, root, split, onScene: (done) => reporter.progress(done, count, 'tiles') });
    }
    return new StoredWorld(world);
  }

  /** Clear optical images. */
  clear(): Promise<Tiles<ClearTile>> {
    return this.tiles('clean', async (sample) =>
      completeSample(await loadSample(sample, { labels: worldIdLabels }), ['optical', 'sar', 'label']),
    );
  }

  /** Optical images under clouds, labels of the classes `seen` alone, renumbered in their order; the others are 255. */
  seen(seen: readonly number[]): Promise<Tiles<ClearTile>> {
    const labels = seenLabels(worldIdLabels, seen);
    return this.tiles('cloud', async (sample) => completeSample(await loadSample(sample, { labels }), ['optical', 'sar', 'label']));
  }

  /**
   * Optical images, under clouds unless `track` is clean, all labels, and where the clouds are; the layout stores no cloud masks: they come from
   * the world itself.
   *
   * @param clouds whose clouds the mask shows; the same places under another sky
   */
  masked(track: 'clean' | 'cloud' = 'cloud', clouds: StoredWorld = this): Promise<Tiles<Tile>> {
    return this.tiles(track, async (sample) => {
      const loaded = completeSample(await loadSample(sample, { labels: worldIdLabels }), ['optical', 'sar', 'label']);
      const { height, width } = loaded.label;
      return { ...loaded, cloudMask: { data: clouds.cloudMask(Number(sample.id.match(/\d+$/)![0]) - 1), height, width } };
    });
  }

  private cloudMask(index: number): Uint8Array {
    const { seed, size, options } = this.#world;
    const known = this.#masks.get(index) ?? makeScene(seed, index, size, options).cloudMask;
    this.#masks.set(index, known);
    return known;
  }

  private async tiles<T extends ClearTile>(track: 'clean' | 'cloud', load: (sample: Sample) => Promise<T>): Promise<Tiles<T>> {
    const { root, split } = this.#world;
    return { samples: await indexDataset({ dataset: 'mmovseg-pie', root, split, track }), load: keptInMemory(load) };
  }
}
