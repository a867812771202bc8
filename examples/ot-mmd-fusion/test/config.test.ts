import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig, readConfig } from '../src/config.js';
import { tinyConfig } from './tiny-config.js';

const folder = fileURLToPath(new URL('../config', import.meta.url));

test.each(readdirSync(folder))('%s is a config', async (name) => {
  expect(await readConfig(path.join(folder, name))).toHaveProperty('name', path.basename(name, '.yaml'));
});

test('the recipes of both ISPRS data sets differ in the data set alone', async () => {
  const [vaihingen, potsdam] = await Promise.all(['vaihingen', 'potsdam'].map((name) => readConfig(path.join(folder, `${name}.yaml`))));
  expect({ ...potsdam, name: 'vaihingen', data: { ...potsdam.data, dataset: 'vaihingen' } }).toEqual(vaihingen);
});

test.each([
  ['an unknown key', { colour: 'red' }, /^my\.yaml: .*colour/],
  ['a rate of the wrong sign', { training: { ...tinyConfig().training, rate: -1 } }, /training\.rate: .*>0.*found -1/],
  [
    'a micro-batch that does not divide the batch',
    { training: { ...tinyConfig().training, microBatch: 3 } },
    /microBatch: must divide training\.batchSize \(2\), found 3/,
  ],
  [
    'encoders of different depth',
    { model: { ...tinyConfig().model, cnn: { channels: [4, 8], depths: [1, 1, 1] } } },
    /model\.cnn\.depths: must have as many stages as model\.cnn\.channels \(2\), found 3/,
  ],
])('refuses %s and says where', (_, change, message) => {
  expect(() => checkConfig({ ...tinyConfig(), ...change }, 'my.yaml')).toThrow(message);
});
