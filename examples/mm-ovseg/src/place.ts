import { runFolder, type Reporter } from '@rs/experiments';
import type { Config } from './config.js';
import type { RunData } from './data.js';

/** Where and with what the runs of one seed work. */
export interface Place {
  readonly config: Config;
  readonly data: RunData;
  readonly seed: number;
  readonly folder: string; // of all runs of this config
  readonly engine: string;
  readonly reporter: Reporter;
  readonly eager: boolean; // op by op instead of as graphs
  readonly quiet: boolean;
}

/** Of a stage or a row. */
export const folderOf = ({ folder, seed }: Place, label: string): string => runFolder(folder, label, seed);
