import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { withFolderLock, withRunFolder } from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

const out = temporaryFolder();
const same = (folder: string): Promise<string> => Promise.resolve(folder);

test('the same config and data find the same folder, others another', async () => {
  const config = { name: 'tiny', rate: 1 };
  const other = { ...config, rate: 2 };
  const options = { config, out, fresh: false };
  const folder = await withRunFolder(options, same);
  expect(path.relative(out, folder)).toMatch(/^tiny-[0-9a-f]{8}$/);
  expect(readFileSync(path.join(folder, 'config.yaml'), 'utf8')).toBe('name: tiny\nrate: 1\n');
  expect(await withRunFolder(options, same)).toBe(folder);
  expect(await withRunFolder({ ...options, config: other }, same)).not.toBe(folder);
  expect(await withRunFolder({ ...options, dataRoot: '/data' }, same)).not.toBe(folder);
});

test('a fresh one forgets what was there', async () => {
  const options = { config: { name: 'fresh' }, out, fresh: false };
  const file = path.join(await withRunFolder(options, same), 'left');
  writeFileSync(file, '');
  await withRunFolder(options, same);
  expect(existsSync(file)).toBe(true);
  await withRunFolder({ ...options, fresh: true }, same);
  expect(existsSync(file)).toBe(false);
});

test('a folder in which another run is at work is refused by name', async () => {
  const folder = path.join(out, 'run');
  await withFolderLock(folder, async () => {
    await expect(withFolderLock(folder, () => Promise.resolve())).rejects.toThrow(`another run is at work in ${folder}`);
  });
  expect(await withFolderLock(folder, () => Promise.resolve('free'))).toBe('free');
});
