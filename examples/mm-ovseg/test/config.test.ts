import { ConfigError } from '@rs/experiments';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readAnyConfig } from '../src/any-config.js';
import { checkConfig } from '../src/config.js';
import { tinyRaw } from './tiny-config.js';

const folder = fileURLToPath(new URL('../config', import.meta.url));

test.each(readdirSync(folder))('%s is a config of that name', async (file) => {
  expect((await readAnyConfig(path.join(folder, file))).name).toBe(file.replace('.yaml', ''));
});

test.each([
  [{ ...tinyRaw, colour: 'red' }, /colour/],
  [{ ...tinyRaw, segmentation: { ...tinyRaw.segmentation, loss: 'mse' } }, /segmentation\.loss/],
  [{ ...tinyRaw, data: { ...tinyRaw.data, test: tinyRaw.data.train } }, /must be different worlds/],
  [{ ...tinyRaw, template: 'a photo' }, /template/],
])('a config with a mistake is told by its key', (raw, message) => {
  expect(() => checkConfig(raw, 'mine.yaml')).toThrow(ConfigError);
  expect(() => checkConfig(raw, 'mine.yaml')).toThrow(message);
});
