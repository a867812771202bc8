import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { makeCache } from './cache-folder.js';

const staleAfter = 3000; // ms without a sign of life, after which the holder counts as dead

/**
 * Runs `work` while no other process does the same in this cache; waits for one that does.
 *
 * A holder that was ended leaves its lock, which is taken over after 3 s. A holder that was merely stopped for as long may
 * find another at work when it wakes: both end well, because each step puts its result into place in one rename.
 */
export async function withCacheLock<T>(cache: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  await makeCache(cache);
  const options = {
    realpath: false,
    stale: staleAfter,
    update: 1000,
    lockfilePath: join(cache, 'install.lock'),
    onCompromised: () => undefined,
  };
  const release = await lock(cache, options).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ELOCKED') throw error;
    onWait();
    return lock(cache, { ...options, retries: { forever: true, minTimeout: 250, maxTimeout: 1000 } });
  });
  try {
    return await work();
  } finally {
    await release().catch(() => undefined); // already taken over
  }
}
