import { homedir } from 'node:os';
import path from 'node:path';

/** Where downloaded weights are kept: `weights` in RS_CACHE, else in `rs` of the XDG cache folder (~/.cache). */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const root = environment.RS_CACHE || path.join(environment.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'rs');
  return path.join(root, 'weights');
}
