import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig, readConfig } from '../src/config.js';

const folder = fileURLToPath(new URL('../config', import.meta.url));
const recipe = (name: string): Promise<object> => readConfig(path.join(folder, name));

test.each(readdirSync(folder))('%s is a config', async (name) => {
  expect(await recipe(name)).toHaveProperty('name', path.basename(name, '.yaml'));
});

test('names an unknown key', async () => {
  const config = { ...(await recipe('synthetic.yaml')), colour: 'red' };
  expect(() => checkConfig(config, 'my.yaml')).toThrow(/^my\.yaml: .*colour/);
});

test('says which value was found and what was expected', async () => {
  const config = structuredClone(await recipe('synthetic.yaml')) as { training: { rate: unknown } };
  config.training.rate = -1;
  expect(() => checkConfig(config, 'my.yaml')).toThrow(/training\.rate: .*>0.*found -1/);
});

test('refuses a micro-batch that does not divide the batch', async () => {
  const config = structuredClone(await recipe('synthetic.yaml')) as { training: { microBatch: number } };
  config.training.microBatch = 3;
  expect(() => checkConfig(config, 'my.yaml')).toThrow('my.yaml: training.microBatch: must divide training.batchSize (8), found 3');
});
