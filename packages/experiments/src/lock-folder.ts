import { lock } from 'proper-lockfile';

const staleAfter = 60_000; // ms without a sign of life, after which the holder counts as dead: a step of the full model may take long

/**
 * Runs `work` while no other process works in `folder`; the lock lies beside it. A holder that was killed leaves its lock, which is taken over
 * after a minute.
 *
 * @throws Error naming the folder when another process holds it
 */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const options = { realpath: false, stale: staleAfter, update: 5000, onCompromised: () => undefined };
  const release = await lock(folder, options).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ELOCKED') throw cause;
    throw new Error(`another run is at work in ${folder}, or was killed there within the last minute; wait for it or give another --out`, {
      cause,
    });
  });
  try {
    return await work();
  } finally {
    await release().catch(() => undefined); // already taken over
  }
}
