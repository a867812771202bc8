import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeGeotiff } from '@rs/datasets';
import { expect, test } from 'vitest';
import type { Config } from '../src/config.js';
import { reproduce } from '../src/reproduce.js';
import { openWhuOptSar } from '../src/whu-opt-sar.js';
import { silentOptions, told } from '../../../packages/experiments/test/app-testing.js';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';
import { tinyConfig } from './tiny-config.js';

const root = temporaryFolder();
const data: Extract<Config['data'], { dataset: 'whu-opt-sar' }> = {
  dataset: 'whu-opt-sar',
  crop: 32,
  patch: 48,
  validationScenes: 1,
  clouds: { seed: 0, cover: [0.1, 0.9], mode: 'additive', amplitude: 1 },
};
const [height, width] = [100, 150]; // two by three whole patches, and a rest

/** Scenes as the data set has them: 8-bit optical in four bands, 8-bit SAR in one, labels in tens. */
async function folder({
  scenes = ['A', 'B', 'C'],
  list = 'train:\nA.tif\nB.tif\n\ntest:\nC.tif\n',
}: { scenes?: string[]; list?: string } = {}): Promise<string> {
  const place = mkdtempSync(path.join(root, 'whu-'));
  for (const name of ['optical', 'sar', 'lbl']) mkdirSync(path.join(place, name));
  if (list) writeFileSync(path.join(place, 'The division of the dataset.txt'), list);
  for (const [s, scene] of scenes.entries()) {
    const write = (name: string, bands: number, value: (i: number) => number): Promise<void> =>
      writeGeotiff(
        path.join(place, name, `${scene}.tif`),
        { bands, height, width, data: Uint8Array.from({ length: bands * height * width }, (_, i) => value(i)) },
        { epsg: 32650, geotransform: [0, 5, 0, 0, 0, -5] },
      );
    await write('optical', 4, (i) => (31 * s + i) % 256);
    await write('sar', 1, (i) => (7 * i) % 256);
    await write('lbl', 1, (i) => 10 * (Math.floor(i / 10) % 8)); // 0 is background
  }
  return place;
}

test('cuts scenes into whole patches, divided by the list of the folder', async () => {
  const { train, validation, test: scored, classes, about, load } = await openWhuOptSar(await folder(), data);
  expect([train, validation, scored].map((patches) => patches.map(({ scene }) => scene).join(''))).toEqual(['AAAAAA', 'BBBBBB', 'CCCCCC']);
  expect(train.map(({ id }) => id)).toEqual(['A_0_0', 'A_0_48', 'A_0_96', 'A_48_0', 'A_48_48', 'A_48_96']);
  expect(classes).toHaveLength(7);
  for (const said of ["divided by the folder's list", 'additive, cover 0.1 to 0.9, seed 0', 'training patches: 6', '(test scenes)'])
    expect(about).toContain(said);
  const patch = await load(train[4]);
  expect([patch.cloudFree, patch.sar].map((layer) => [layer.bands, layer.height, layer.width])).toEqual([[4, 48, 48], [1, 48, 48]]); // prettier-ignore
  const at = 48 * width + 48;
  expect(patch.cloudFree.data[0]).toBeCloseTo((at % 256) / 255, 6); // of the scene's own corner
  expect(patch.sar.data[0]).toBeCloseTo(((7 * at) % 256) / 255, 6);
  const code = Math.floor(at / 10) % 8;
  expect(patch.label.data[0]).toBe(code === 0 ? 255 : code - 1);
  expect(new Set(patch.label.data)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 255]));
});

test('clouds are those of the patch and the seed: the same in all bands, additive, marked by the mask', async () => {
  const place = await folder();
  const load = async (changes: Partial<typeof data.clouds> = {}, i = 0) => {
    const splits = await openWhuOptSar(place, { ...data, clouds: { ...data.clouds, ...changes } });
    return splits.load(splits.train[i]);
  };
  const [patch, again, other, reseeded] = [await load(), await load(), await load({}, 1), await load({ seed: 1 })];
  expect(again.cloudy.data).toEqual(patch.cloudy.data);
  expect(other.cloudMask.data).not.toEqual(patch.cloudMask.data);
  expect(reseeded.cloudMask.data).not.toEqual(patch.cloudMask.data);
  const { cloudy, cloudFree, cloudMask } = patch;
  const cover = cloudMask.data.reduce((sum, cloud) => sum + cloud, 0) / cloudMask.data.length;
  expect(cover).toBeGreaterThan(0.09);
  expect(cover).toBeLessThan(0.91);
  cloudy.data.forEach((value, i) => {
    if (cloudMask.data[i % cloudMask.data.length]) expect(value).toBeGreaterThanOrEqual(cloudFree.data[i]);
    else expect(value).toBe(cloudFree.data[i]);
  });
});

test('without a list the published division counts; scenes outside it are left out', async () => {
  const place = await folder({ scenes: ['NH49E004021', 'NH49E005014', 'elsewhere'], list: '' });
  const splits = await openWhuOptSar(place, data);
  expect([...splits.train, ...splits.validation].map(({ scene }) => scene)).toEqual([
    ...Array<string>(6).fill('NH49E004021'),
    ...Array<string>(6).fill('NH49E005014'),
  ]);
  expect(splits.about).toContain('divided as published');
  expect(splits.about).toContain('held-out training scenes: there is no test scene');
  await expect(openWhuOptSar(await folder({ scenes: ['elsewhere'], list: '' }), data)).rejects.toThrow(
    'none of its scenes is a training scene',
  );
});

test('a scene smaller than a patch is told', async () => {
  await expect(openWhuOptSar(await folder(), { ...data, patch: 128 })).rejects.toThrow(
    /A\.tif.*has 150 x 100 pixels, expected at least the 128 x 128/,
  );
});

test('from a folder to the tables, in overlapping windows', async () => {
  const { training, ...rest } = tinyConfig;
  const config: Config = {
    ...rest,
    name: 'tiny-whu',
    data,
    training: { ...training, batchSize: 4, teacher: { steps: 1 }, teachers: 'each', student: { steps: 1 } }, // two micro-batches a step
  };
  const asked = silentOptions({ config, tables: [1, 2], out: mkdtempSync(path.join(root, 'runs-')) });
  const { tables } = await reproduce({ ...asked, dataRoot: await folder() });
  const [one, two] = tables;
  expect(one.title).toContain('WHU-OPT-SAR');
  expect(one.rows.find(({ label, source }) => label === 'EDC' && source === 'paper')?.cells[1]).toBe(49.58);
  expect(
    one.rows
      .filter(({ source }) => source === 'reproduced')
      .flatMap(({ cells }) => cells)
      .every(Number.isFinite),
  ).toBe(true);
  expect(two.rows.find(({ label, source }) => label === 'EDC' && source === 'paper')?.cells[1]).toBe(30.01);
  expect(one.footnotes?.join(' ')).toContain('a teacher for each row and seed');
  expect(one.provenance?.data).toContain('Perlin noise');
  expect(await told(reproduce(asked))).toEqual({
    code: 2,
    message: expect.stringContaining('needs --data, a folder in the layout of WHU-OPT-SAR'),
  });
});
