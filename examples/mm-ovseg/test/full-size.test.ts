import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { countParameters, disposeModule, Random, torchInit } from '@rs/nn';
import { MmOvSeg } from '@rs/ovseg';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';
import { modelConfig } from '../src/build-model.js';
import { modelCost, type Asked } from '../src/full-size.js';
import { mmOvSeg } from '../src/rows.js';
import { tiny } from './tiny-config.js';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const root = temporaryFolder();
const config = modelConfig(tiny, mmOvSeg);
const asked: Asked = { config, edge: 16, classes: ['water', 'road'], passes: 2, weights: 'checkpoint' };

describe.runIf(existsSync(path.join(dist, 'peak-memory.js')))('a model in a process of its own', () => {
  test('its size, its time, its memory', async () => {
    const model = new MmOvSeg(config, torchInit(new Random(1)));
    const parameters = countParameters(model);
    disposeModule(model);
    const cost = await modelCost(asked);
    expect(cost).toMatchObject({ parameters, weightsGiB: (4 * parameters) / 2 ** 30 });
    expect(cost.trained).toBeGreaterThan(0);
    expect(cost.trained).toBeLessThan(parameters);
    expect(cost.seconds).toBeGreaterThan(0);
    expect(cost.peakGiB).toBeGreaterThanOrEqual(cost.startGiB);
    expect(cost.startGiB + cost.weightsGiB).toBeLessThan(2); // the tiny model needs little beside the engine
  });

  test('what it cannot do, it says', async () => {
    const wrong = modelCost({ ...asked, config: { ...config, clipResolution: 17 } });
    await expect(wrong).rejects.toThrow(/exit code 1: .*17/);
  });

  test('the peak is not that of the process that starts it', async () => {
    const child = path.join(root, 'child.mjs');
    writeFileSync(child, `import { peakMemory } from ${JSON.stringify(path.join(dist, 'peak-memory.js'))}; process.send(peakMemory());`);
    const held = Buffer.alloc(2 ** 28, 1); // at least 256 MiB here
    const [peak] = (await once(fork(child), 'message')) as [number];
    expect(peak).toBeLessThan(held.length);
  });
});
