import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig, readConfig, type Config } from '../src/config.js';
import { referenceFor } from '../src/reference.js';

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

test('refuses clouds whose range of cover falls', async () => {
  const config = structuredClone(await recipe('whu-opt-sar.yaml')) as { data: { clouds: { cover: number[] } } };
  config.data.clouds.cover = [0.9, 0.1];
  expect(() => checkConfig(config, 'my.yaml')).toThrow('my.yaml: data.clouds.cover: must rise');
});

test('the reference values belong to the standard synthetic config alone', async () => {
  const config = (await recipe('synthetic.yaml')) as Config;
  expect((await referenceFor(config))?.segmentation['EDC*'].all).toEqual({ mean: 64.77, spread: 0.31 });
  expect(await referenceFor({ ...config, training: { ...config.training, rate: 0.004 } })).toBeUndefined();
});
