import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** MM-OVSeg at full size on one 384x384 pair and five class names. */
export interface FullSize {
  readonly seconds: number; // of a forward pass, the least of three
  readonly peakGiB: number; // of the process, weights and engine included
  readonly parameters: number;
  readonly trained: number; // by default, in stage 2
}

/** Runs it in a process of its own, whose peak is then its. */
export async function measureFullSize(): Promise<FullSize> {
  const worker = fork(fileURLToPath(new URL('../dist/full-size-worker.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(worker, 'exit').then(([code]) => {
    throw new Error(`full-size-worker ended with exit code ${code} and without a result`);
  });
  const [result] = await Promise.race([once(worker, 'message'), ended]);
  ended.catch(() => undefined);
  return result as FullSize;
}
