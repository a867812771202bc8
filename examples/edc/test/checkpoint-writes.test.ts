import { mkdtempSync } from 'node:fs';
import disk, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { loadLatestCheckpoint, saveCheckpoint } from '@rs/train';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';

const { mkdir, open, rename, rm } = disk;
const patch = (operations: Partial<typeof disk>): void => {
  Object.assign(disk, operations);
  syncBuiltinESMExports(); // modules that were loaded before see it, too
};
afterAll(() => patch({ mkdir, open, rename, rm }));

/**
 * Counts the file operations of `work`; that of number `stopAt` never returns, as if the process had been killed there: nothing after it happens.
 *
 * @param halfWritten a write that is due puts half of its bytes on the disk
 * @returns whether `work` came to its end before
 */
async function runUntil(stopAt: number, halfWritten: boolean, work: () => Promise<unknown>): Promise<boolean> {
  let done = 0;
  let stop: (finished: false) => void = () => undefined;
  const stopped = new Promise<false>((resolve) => (stop = resolve));
  const forever = <T>(): Promise<T> => {
    stop(false);
    return new Promise<T>(() => undefined);
  };
  const due = (): boolean => ++done >= stopAt;
  const counted =
    <A extends unknown[], R>(operation: (...given: A) => Promise<R>) =>
    (...given: A): Promise<R> =>
      due() ? forever<R>() : operation(...given);
  const countedOpen = counted(async (...given: Parameters<typeof open>): Promise<FileHandle> => {
    const handle = await open(...given);
    const write = handle.write.bind(handle) as (data: Uint8Array, from: number, length: number) => Promise<unknown>;
    handle.write = (async (data: Uint8Array, from: number, length: number) => {
      if (!due()) return write(data, from, length);
      if (halfWritten) await write(data, from, Math.floor(length / 2));
      return forever();
    }) as typeof handle.write;
    handle.sync = counted(handle.sync.bind(handle));
    return handle;
  });
  patch({ open: countedOpen, mkdir: counted(mkdir) as typeof mkdir, rename: counted(rename), rm: counted(rm) });
  try {
    return await Promise.race([work().then(() => true), stopped]);
  } finally {
    patch({ mkdir, open, rename, rm });
  }
}

const root = temporaryFolder();

const checkpoint = (step: number) => ({
  step,
  tensors: new Map([['w', { dtype: 'F32' as const, shape: [64], data: new Float32Array(64).fill(step) }]]),
  state: { step },
});

test.each([false, true])(
  'wherever a save stops, the newest complete checkpoint loads (half of the bytes written: %s)',
  async (halfWritten) => {
    const newest: number[] = [];
    for (let stopAt = 1; ; stopAt++) {
      const folder = mkdtempSync(path.join(root, 'checkpoints-'));
      for (const step of [1, 2]) await saveCheckpoint(folder, checkpoint(step));
      const finished = await runUntil(stopAt, halfWritten, () => saveCheckpoint(folder, checkpoint(3)));
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
