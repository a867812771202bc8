import path from 'node:path';
import { worldClasses, worldColors, type WorldOptions } from '@rs/datasets';
import { fingerprint, type Reporter } from '@rs/experiments';
import type { Config } from './config.js';
import { settings, type SettingNumber } from './settings.js';
import type { ClearTile, Tile, Tiles } from './tiles.js';
import { StoredWorld } from './world.js';

/** How much of the ground the clouds hide: nothing, some, nearly all of it. */
export const skies = ['clear', 'thin', 'thick'] as const;
export type Sky = (typeof skies)[number];
const [settingOfThick, settingOfThin] = [3, 4] as const;

/** What one run sees of the synthetic world. */
export class RunData {
  readonly classes: readonly string[] = worldClasses;
  readonly colors = worldColors;
  readonly seen: readonly number[]; // class ids, in label order
  readonly #opened = new Map<string, Promise<StoredWorld>>();

  /** @throws RangeError when the config names a class that the world has not, or all of them as seen */
  constructor(
    private readonly data: Config['data'],
    private readonly seed: number,
    private readonly folder: string,
    private readonly reporter: Reporter,
  ) {
    const unknown = data.seen.find((name) => !(worldClasses as readonly string[]).includes(name));
    if (unknown !== undefined)
      throw new RangeError(`data.seen must name classes of the world (${worldClasses.join(', ')}), got ${unknown}`);
    this.seen = worldClasses.flatMap((name, id) => (data.seen.includes(name) ? [id] : []));
    if (this.seen.length === worldClasses.length) throw new RangeError('data.seen must leave at least one class unseen');
  }

  get unseen(): number[] {
    return this.classes.flatMap((_, id) => (this.seen.includes(id) ? [] : [id]));
  }

  get seenNames(): string[] {
    return this.seen.map((id) => this.classes[id]);
  }

  /** Clear optical and SAR images; captions are made from its labels, nothing else of stage 1 looks at them. */
  async pretraining(): Promise<Tiles<ClearTile>> {
    const { seed, count } = this.data.pretraining;
    return (await this.world(seed + this.seed, count, {}, 'train')).clear();
  }

  /** Stage 2: images under clouds, labels of the seen classes alone. */
  async train(setting: SettingNumber): Promise<Tiles<ClearTile>> {
    const { seed, count } = this.data.train;
    return (await this.world(seed + this.seed, count, settings[setting].train, 'train')).seen(this.seen);
  }

  async test(setting: SettingNumber): Promise<Tiles<Tile>> {
    return (await this.testWorld(setting)).masked();
  }

  /** The same places without clouds. */
  async clearTest(setting: SettingNumber): Promise<Tiles<ClearTile>> {
    return (await this.testWorld(setting)).clear();
  }

  /** The scored places under three skies: the same land and radar images, and the mask of the thick clouds for all. */
  async skies(): Promise<Readonly<Record<Sky, Tiles<Tile>>>> {
    const [thick, thin] = [await this.testWorld(settingOfThick), await this.testWorld(settingOfThin)];
    return { clear: await thick.masked('clean'), thin: await thin.masked('cloud', thick), thick: await thick.masked() };
  }

  get about(): string {
    const { size, pretraining, train, test, seen } = this.data;
    return (
      `synthetic world, ${size}x${size} pixels a tile, written as PNGs in the layout of PIE-RGB-SAR and read back; ${pretraining.count} tiles for pre-training (world ${pretraining.seed} + seed), ` +
      `${train.count} for stage 2 (world ${train.seed} + seed), ${test.count} scored (world ${test.seed}); seen: ${seen.join(', ')}; ` +
      `unseen: ${this.unseen.map((id) => this.classes[id]).join(', ')}`
    );
  }

  private testWorld(setting: SettingNumber): Promise<StoredWorld> {
    const { seed, count } = this.data.test;
    return this.world(seed, count, settings[setting].test, 'val');
  }

  private world(seed: number, count: number, options: WorldOptions, split: 'train' | 'val'): Promise<StoredWorld> {
    const name = `world-${seed}${Object.keys(options).length > 0 ? `-${fingerprint(options)}` : ''}`;
    const root = path.join(this.folder, name);
    const opened = this.#opened.get(name) ?? StoredWorld.open({ seed, count, size: this.data.size, options, split, root }, this.reporter);
    this.#opened.set(name, opened);
    return opened;
  }
}
