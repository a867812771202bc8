import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  describeDataset,
  fusionScoring,
  fusionTiles,
  fusionWindows,
  loadSample,
  starsProtocols,
  starsSamples,
  starsWindows,
  writeGeotiff,
  writeWhuOptSar,
  type StarsDataset,
} from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

test("STARS's tiles are as many as its section 6 counts", () => {
  expect(starsWindows('whu-opt-sar', { height: 3704, width: 5556 })).toHaveLength(70);
  const potsdam = starsWindows('potsdam', { height: 6000, width: 6000 });
  expect(potsdam).toHaveLength(144);
  expect(potsdam.at(-1)).toEqual([5488, 5488, 512, 512]);
  expect(starsWindows('earthmiss', { height: 512, width: 512 })).toEqual([[0, 0, 512, 512]]);
});

test("STARS's protocols name sensors, bands and classes of their data sets", () => {
  for (const [dataset, protocol] of Object.entries(starsProtocols)) {
    const { classes, bands } = describeDataset(dataset);
    expect(classes.slice(0, protocol.classes.length)).toEqual(protocol.classes);
    for (const band of protocol.loading.bands ?? []) expect(bands.optical).toContain(band);
    expect([protocol.m1, protocol.m2]).toContain(protocol.missing);
    expect(protocol.loading.mean?.length ?? 3).toBe(3);
  }
  expect(describeDataset('potsdam').splits).toEqual(['train', 'test']);
});

test('without a list every fifth scene of WHU-OPT-SAR by name is test; a list goes before', async () => {
  const root = path.join(folder, 'whu');
  await writeWhuOptSar({ seed: 1, count: 11, size: 16, root, split: 'train' });
  const read = async (split: 'train' | 'test'): Promise<string[]> =>
    (await starsSamples({ dataset: 'whu-opt-sar', root, split })).map((sample) => `${sample.split} ${sample.id}`);
  expect(await read('train')).toHaveLength(11);
  rmSync(path.join(root, 'The division of the dataset.txt'));
  expect(await read('test')).toEqual(['test W1N00004', 'test W1N00009']);
  expect(await read('train')).toHaveLength(9);
});

test('clutter of Potsdam does not count in STARS', async () => {
  const root = path.join(folder, 'potsdam');
  mkdirSync(root);
  const colors = describeDataset('potsdam').colors!;
  const grid = { height: 1, width: 7 };
  const data = Uint8Array.from([0, 1, 2].flatMap((channel) => [...colors, [0, 0, 0]].map((color) => color[channel])));
  await writeGeotiff(path.join(root, 'label.tif'), { ...grid, bands: 3, data });
  await writeGeotiff(path.join(root, 'image.tif'), { ...grid, bands: 4, data: new Uint8Array(28) });
  const sample = {
    dataset: 'potsdam',
    root,
    split: 'test',
    id: '2_13',
    scene: '2_13',
    files: { optical: 'image.tif', label: 'label.tif' },
  };
  const loaded = await loadSample(sample, starsProtocols.potsdam.loading);
  expect([...loaded.label!.data]).toEqual([0, 1, 2, 3, 4, 255, 255]);
  expect(loaded.optical!.bandNames).toEqual(['NIR', 'R', 'G']);
});

test('OT + MMD fusion takes 12 and 4 areas of Vaihingen, 18 and 6 tiles of Potsdam, none twice', () => {
  for (const [dataset, sizes] of [['vaihingen', [12, 4]], ['potsdam', [18, 6]]] as const) {
    const { train, test: scored } = fusionTiles[dataset];
    expect([train.length, scored.length]).toEqual(sizes);
    expect(new Set([...train, ...scored]).size).toBe(sizes[0] + sizes[1]);
  }
  expect(fusionScoring.meanClasses.map((id) => describeDataset('vaihingen').classes[id])).not.toContain('clutter');
}); // prettier-ignore

test('every pixel of a tile lies in a window of 256, the last ones at the border', () => {
  const windows = fusionWindows({ height: 300, width: 520 });
  expect(windows.every(([y, x, h, w]) => h === 256 && w === 256 && y + h <= 300 && x + w <= 520)).toBe(true);
  expect(windows.at(-1)).toEqual([44, 264, 256, 256]);
  expect(windows[1]).toEqual([0, 32, 256, 256]);
  expect(fusionWindows({ height: 256, width: 512 }, 128)).toHaveLength(3);
});

test('tells which root is no data set', async () => {
  const root = path.join(folder, 'nowhere');
  for (const dataset of ['earthmiss', 'whu-opt-sar'] as const satisfies StarsDataset[])
    await expect(starsSamples({ dataset, root, split: 'test' })).rejects.toThrow(`${root}: the root folder of the data set does not exist`);
});
