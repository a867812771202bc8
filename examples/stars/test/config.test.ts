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

test('refuses a warm-up as long as the run', async () => {
  const config = structuredClone(await recipe('synthetic.yaml')) as { training: { warmup: number } };
  config.training.warmup = 400;
  expect(() => checkConfig(config, 'my.yaml')).toThrow('my.yaml: training.warmup: must be below training.steps (400), found 400');
});

test("the paper's recipe is that of its section 4", async () => {
  for (const name of ['earthmiss', 'whu-opt-sar', 'potsdam']) {
    const { data, model, training, loss } = await readConfig(path.join(folder, `${name}.yaml`));
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
