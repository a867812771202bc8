import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { testConfigFiles, testRefusals } from '../../../packages/experiments/test/app-tests.js';
import { checkConfig, readConfig } from '../src/config.js';
import { referenceFor } from '../src/reference.js';

const folder = new URL('../config/', import.meta.url);
const recipe = (name: string) => readConfig(fileURLToPath(new URL(`${name}.yaml`, folder)));

testConfigFiles(folder, readConfig);
testRefusals(await recipe('synthetic'), checkConfig, [
  ['colour', 'red', /colour/],
  ['training.rate', -1, /training\.rate: .*>0.*found -1/],
  ['training.microBatch', 3, /training\.microBatch: must divide training\.batchSize \(8\), found 3/],
]);
testRefusals(await recipe('whu-opt-sar'), checkConfig, [['data.clouds.cover', [0.9, 0.1], /data\.clouds\.cover: must rise/]]);

test('the reference values belong to the standard synthetic config alone', async () => {
  const config = await recipe('synthetic');
  expect((await referenceFor(config))?.segmentation['EDC*'].all).toEqual({ mean: 64.77, spread: 0.31 });
  expect(await referenceFor({ ...config, training: { ...config.training, rate: 0.004 } })).toBeUndefined();
});
