import { makeScene, type WorldScene } from './make-world.js';
import type { WorldOptions } from './options.js';

export interface WriteWorldOptions<Split extends string> extends WorldOptions {
  readonly seed: number;
  readonly count: number;
  readonly size?: number; // default 64
  readonly root: string;
  readonly split: Split;
  readonly onScene?: (done: number, count: number) => void;
}

/** Makes scenes 0..count-1 one at a time, hands each to `write`, and gives what that returned. */
export async function writeScenes<T>(
  { seed, count, size = 64, onScene, ...options }: WriteWorldOptions<string>,
  write: (scene: WorldScene, index: number) => Promise<T>,
): Promise<T[]> {
  const written: T[] = [];
  for (let index = 0; index < count; index++) {
    written.push(await write(makeScene(seed, index, size, options), index));
    onScene?.(index + 1, count);
  }
  return written;
}
