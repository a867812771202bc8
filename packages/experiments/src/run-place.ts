import path from 'node:path';
import type { ReproduceOptions } from './command-line.js';
import type { Reporter } from './reporter.js';

/** Where and with what the runs of one seed work. An app adds what they work on: `interface Place extends RunPlace<Config> { splits: ... }`. */
export interface RunPlace<C> {
  readonly config: C;
  readonly seed: number;
  readonly folder: string; // of all runs of this config
  readonly engine: string; // in one line
  readonly reporter: Reporter;
  readonly eager: boolean; // op by op instead of as graphs
  readonly quiet: boolean;
}

/** The place of each seed, one opened after the other; `open` gives what the app adds. */
export async function runPlaces<C, D extends object>(
  { config, seeds, engine, reporter, eager, quiet }: Pick<ReproduceOptions<C>, 'seeds' | Exclude<keyof RunPlace<C>, 'seed' | 'folder'>>,
  folder: string,
  open: (seed: number) => D | Promise<D>,
): Promise<(RunPlace<C> & D)[]> {
  const places: (RunPlace<C> & D)[] = [];
  for (const seed of seeds) places.push({ config, seed, folder, engine, reporter, eager, quiet, ...(await open(seed)) });
  return places;
}

/** The folder of a row at a place; the label in letters, digits and hyphens ("EDC*" -> "edc-star"). */
export function runFolder({ folder, seed }: Pick<RunPlace<unknown>, 'folder' | 'seed'>, label: string): string {
  const words = label.toLowerCase().replaceAll('*', ' star ').replaceAll('+', ' plus ').match(/[a-z0-9.]+/g); // prettier-ignore
  return path.join(folder, (words ?? []).join('-'), `seed-${seed}`);
}
