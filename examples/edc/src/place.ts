import type { RunPlace } from '@rs/experiments';
import type { Config } from './config.js';
import type { PatchSplits } from './data.js';

/** Where and with what the runs of one seed work. */
export interface Place extends RunPlace<Config> {
  readonly splits: PatchSplits;
}
