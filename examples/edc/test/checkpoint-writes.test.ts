import { mkdtempSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { loadLatestCheckpoint, saveCheckpoint } from '@rs/train';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

/** File operations are counted; the one that is due never returns, as if the process had been killed there: nothing after it happens. */
const disk = vi.hoisted(() => ({ done: 0, stopAt: Infinity, halfWritten: false, stopped: (): void => undefined }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const due = (): boolean => ++disk.done >= disk.stopAt;
  const forever = <T>(): Promise<T> => {
    disk.stopped();
    return new Promise<T>(() => undefined);
  };
  const counted =
    <A extends unknown[], R>(operation: (...given: A) => Promise<R>) =>
    (...given: A): Promise<R> =>
      due() ? forever<R>() : operation(...given);
  const opened: FileHandle[] = [];
  const open = counted(async (...given: Parameters<typeof original.open>) => {
    const handle = await original.open(...given);
    opened.push(handle);
    const write = handle.write.bind(handle) as (data: Uint8Array, from: number, length: number) => Promise<unknown>;
    handle.write = (async (data: Uint8Array, from: number, length: number) => {
      if (!due()) return write(data, from, length);
      if (disk.halfWritten) await write(data, from, Math.floor(length / 2));
      return forever();
    }) as typeof handle.write;
    handle.sync = counted(handle.sync.bind(handle));
    return handle;
  });
  return { ...original, open, mkdir: counted(original.mkdir), rename: counted(original.rename), rm: counted(original.rm) };
});

const root = temporaryFolder();
afterEach(() => Object.assign(disk, { done: 0, stopAt: Infinity, halfWritten: false }));

const checkpoint = (step: number) => ({
  step,
  tensors: new Map([['w', { dtype: 'F32' as const, shape: [64], data: new Float32Array(64).fill(step) }]]),
  state: { step },
});

/** Saves step 3 until the operation of number `stopAt`; whether it came to its end before. */
async function savedUntil(folder: string, stopAt: number): Promise<boolean> {
  const stopped = new Promise<boolean>((resolve) => Object.assign(disk, { done: 0, stopAt, stopped: () => resolve(false) }));
  const finished = await Promise.race([saveCheckpoint(folder, checkpoint(3)).then(() => true), stopped]);
  disk.stopAt = Infinity;
  return finished;
}

test.each([false, true])(
  'wherever a save stops, the newest complete checkpoint loads (half of the bytes written: %s)',
  async (halfWritten) => {
    const newest: number[] = [];
    for (let stopAt = 1; ; stopAt++) {
      const folder = mkdtempSync(path.join(root, 'checkpoints-'));
      disk.stopAt = Infinity;
      for (const step of [1, 2]) await saveCheckpoint(folder, checkpoint(step));
      disk.halfWritten = halfWritten;
      const finished = await savedUntil(folder, stopAt);
      const loaded = await loadLatestCheckpoint(folder);
      expect([2, 3]).toContain(loaded?.step);
      expect(loaded?.tensors.get('w')?.data).toEqual(checkpoint(loaded?.step as number).tensors.get('w')?.data);
      newest.push(loaded?.step as number);
      await saveCheckpoint(folder, checkpoint(4)); // and what lies about disturbs no later save
      expect((await loadLatestCheckpoint(folder))?.step).toBe(4);
      if (finished) break;
    }
    expect(newest.length).toBeGreaterThan(10);
    expect(newest).toEqual([...newest].sort()); // 2 until it is complete, 3 from then on
    expect(new Set(newest)).toEqual(new Set([2, 3]));
  },
);
