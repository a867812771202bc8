import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { keptFigures } from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

test('figures are measured once, and come back as they were', async () => {
  const file = path.join(folder, 'row/seed-0/ranks.json');
  const measure = vi.fn(() => Promise.resolve({ rank: 3.5, absent: NaN }));
  expect(await keptFigures(file, measure)).toEqual({ rank: 3.5, absent: NaN });
  expect(await keptFigures(file, measure)).toEqual({ rank: 3.5, absent: NaN });
  expect(measure).toHaveBeenCalledTimes(1);
  expect(readdirSync(path.dirname(file))).toEqual(['ranks.json']);
});

test('a measurement that fails leaves nothing', async () => {
  const file = path.join(folder, 'failed/ranks.json');
  await expect(keptFigures(file, () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
  expect(await keptFigures(file, () => 1)).toBe(1);
});

test('a file that is no JSON is not taken for figures', async () => {
  const file = path.join(folder, 'broken.json');
  writeFileSync(file, '{"rank": ');
  await expect(keptFigures(file, () => 1)).rejects.toThrow(SyntaxError);
});
