import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { testConfigFiles, testRefusals } from '../../../packages/experiments/test/app-tests.js';
import { checkConfig, readConfig } from '../src/config.js';

const folder = new URL('../config/', import.meta.url);
const recipe = (name: string) => readConfig(fileURLToPath(new URL(`${name}.yaml`, folder)));

testConfigFiles(folder, readConfig);
testRefusals(await recipe('synthetic'), checkConfig, [
  ['colour', 'red', /colour/],
  ['training.rate', -1, /training\.rate: .*>0.*found -1/],
  ['training.warmup', 400, /training\.warmup: must be below training\.steps \(400\), found 400/],
]);

test("the paper's recipe is that of its section 4", async () => {
  for (const name of ['earthmiss', 'whu-opt-sar', 'potsdam']) {
    const { data, model, training, loss } = await recipe(name);
    expect([data.crop, model.block, model.layers, model.alignStages]).toEqual([512, 'bottleneck', [3, 4, 6, 3], [3, 4]]);
    expect(training).toMatchObject({
      batchSize: 8,
      startRate: 1e-6,
      rate: 1e-4,
      warmup: 1000,
      steps: 80_000,
      weightDecay: 1e-4,
      clipNorm: 5,
    });
    expect(loss).toMatchObject({ alpha: 0.5, beta: 0.2, perClass: 32 });
  }
});
