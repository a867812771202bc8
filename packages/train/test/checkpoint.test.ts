import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadLatestCheckpoint, saveCheckpoint, type Checkpoint, type Json } from '../src/index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (step: number, state: Json = null): Checkpoint => ({
  step,
  tensors: new Map([['w', { dtype: 'F32', shape: [2], data: Float32Array.of(step, -step) }]]),
  state,
});

test('loads what was saved, any JSON', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.nat(10 ** 9 - 1), async (state, step) => {
      await rm(folder, { recursive: true });
      const file = await saveCheckpoint(folder, at(step, state as Json));
      expect(await loadLatestCheckpoint(folder)).toEqual({ file, ...at(step, JSON.parse(JSON.stringify(state))) });
    }),
    { numRuns: 25, seed: 1 },
  );
});

test('keeps two, and loads the newest', async () => {
  for (const step of [1, 2, 10, 9, 30]) await saveCheckpoint(folder, at(step));
  expect((await loadLatestCheckpoint(folder))?.step).toBe(30);
  expect((await readdir(folder)).filter((name) => name.endsWith('.json'))).toEqual([
    'checkpoint-000000009.json',
    'checkpoint-000000030.json',
  ]);
});

test('any damage to the newest is noticed, and the one before it is taken', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (position, bits, cut) => {
      await rm(folder, { recursive: true });
      await saveCheckpoint(folder, at(1));
      const file = await saveCheckpoint(folder, at(2));
      const bytes = await readFile(file);
      const place = position % bytes.length;
      bytes[place] ^= bits;
      await writeFile(file, cut ? bytes.subarray(0, place) : bytes);
      const said: string[] = [];
      expect(await loadLatestCheckpoint(folder, (message) => said.push(message))).toMatchObject(at(1));
      expect(said).toEqual([
        expect.stringMatching(/checkpoint-000000002.safetensors is damaged: .*; going back to the checkpoint before it/),
      ]);
    }),
    { numRuns: 40, seed: 2 },
  );
});

test('a crash between file and record, and the leavings of one while writing, do no harm', async () => {
  await saveCheckpoint(folder, at(1));
  const file = await saveCheckpoint(folder, at(2));
  await rm(file.replace('.safetensors', '.json'));
  await writeFile(path.join(folder, '.checkpoint-000000003.safetensors.abc.tmp'), 'half');
  const said: string[] = [];
  expect(await loadLatestCheckpoint(folder, (message) => said.push(message))).toMatchObject(at(1));
  expect(said[0]).toMatch(/000000002.safetensors was not completed; going back/);
  await saveCheckpoint(folder, at(3));
  expect((await readdir(folder)).filter((name) => !/00000000[13]\.(json|safetensors)$/.test(name))).toEqual([]);
});

test('says so when nothing can be read, and finds nothing where nothing is', async () => {
  expect(await loadLatestCheckpoint(path.join(folder, 'none'))).toBeUndefined();
  const file = await saveCheckpoint(folder, at(7));
  await writeFile(file.replace('.safetensors', '.json'), '{"bytes":');
  await expect(loadLatestCheckpoint(folder)).rejects.toThrow(/^no checkpoint in .* can be read \(.*\); delete the folder to start afresh$/);
});
