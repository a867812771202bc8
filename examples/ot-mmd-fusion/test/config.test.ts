import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { testConfigFiles, testRefusals } from '../../../packages/experiments/test/app-tests.js';
import { checkConfig, readConfig } from '../src/config.js';
import { tinyConfig } from './tiny-config.js';

const folder = new URL('../config/', import.meta.url);

testConfigFiles(folder, readConfig);
testRefusals(tinyConfig(), checkConfig, [
  ['colour', 'red', /colour/],
  ['training.rate', -1, /training\.rate: .*>0.*found -1/],
  ['training.microBatch', 3, /microBatch: must divide training\.batchSize \(2\), found 3/],
  ['model.cnn.depths', [1, 1, 1], /model\.cnn\.depths: must have as many stages as model\.cnn\.channels \(2\), found 3/],
]);

test('the recipes of both ISPRS data sets differ in the data set alone', async () => {
  const recipe = (name: string) => readConfig(fileURLToPath(new URL(`${name}.yaml`, folder)));
  const [vaihingen, potsdam] = [await recipe('vaihingen'), await recipe('potsdam')];
  expect({ ...potsdam, name: 'vaihingen', data: { ...potsdam.data, dataset: 'vaihingen' } }).toEqual(vaihingen);
});
