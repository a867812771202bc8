import { mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { describeDataset, makeScene, writeGeotiff, writePng, type Planar } from '@rs/datasets';
import { trainingSource } from '@rs/experiments';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { silent, silentOptions, told } from '../../../packages/experiments/test/app-testing.js';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';
import { layoutOf, openLayout } from '../src/layouts.js';
import { reproduce } from '../src/reproduce.js';
import { tinyConfig } from './tiny-config.js';

const root = temporaryFolder();
const side = 64;
const grid = { height: side, width: side };

async function put(folder: string, file: string, image: Omit<Planar, 'height' | 'width'>): Promise<void> {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  await writeGeotiff(path.join(folder, file), { ...grid, ...image });
}

/** Bytes of some bands of a scene, low to high. */
function bytes(values: Float32Array, bands: readonly number[], low: number, high: number): Uint8Array {
  const pixels = side * side;
  return Uint8Array.from({ length: bands.length * pixels }, (_, at) => {
    const value = values[bands[Math.floor(at / pixels)] * pixels + (at % pixels)];
    return Math.min(255, Math.max(1, Math.round((255 * (value - low)) / (high - low))));
  });
}

/** Scenes of the synthetic world in the real layouts: classes 0 to 4 of the world as the first five classes of the data set. */
const scene = (index: number) => {
  const { optical, sar, dsm, labels } = makeScene(7, index, side);
  const ids = labels.map((id) => (id > 4 ? 255 : id));
  return {
    rgb: bytes(optical, [2, 1, 0], 0, 0.4),
    bgrn: bytes(optical, [0, 1, 2, 3], 0, 0.4),
    sar: bytes(sar, [0], -30, 0),
    height: bytes(dsm, [0], -10, 30),
    ids,
  };
};

async function earthMiss(): Promise<string> {
  const folder = mkdtempSync(path.join(root, 'earthmiss-'));
  const cities = ['French-Paris', 'Singapore', 'Russian-Engels', 'Japan-Hakodate'];
  for (const [i, city] of cities.entries()) {
    const { rgb, sar, ids } = scene(i);
    await put(folder, `${city}/images/RGB/0.tif`, { data: rgb, bands: 3 });
    await put(folder, `${city}/images/SAR/0_SAR.tif`, { data: sar, bands: 1 });
    await put(folder, `${city}/masks/0_mask.tif`, { data: ids.map((id) => (id === 255 ? 0 : id + 1)), bands: 1 });
  }
  return folder;
}

async function whu(): Promise<string> {
  const folder = mkdtempSync(path.join(root, 'whu-'));
  for (let i = 0; i < 5; i++) {
    const { bgrn, sar, ids } = scene(i);
    await put(folder, `optical/NH${i}.tif`, { data: bgrn, bands: 4 });
    await put(folder, `sar/NH${i}.tif`, { data: sar, bands: 1 });
    await put(folder, `lbl/NH${i}.tif`, { data: ids.map((id) => (id === 255 ? 0 : [10, 20, 30, 40, 50][id])), bands: 1 });
  }
  return folder;
}

async function potsdam(): Promise<string> {
  const folder = mkdtempSync(path.join(root, 'potsdam-'));
  const colors = describeDataset('potsdam').colors!;
  for (const [i, tile] of ['2_10', '6_7', '2_13'].entries()) {
    const { bgrn, height, ids } = scene(i);
    const [row, column] = tile.split('_').map((number) => number.padStart(2, '0'));
    await put(folder, `4_Ortho_RGBIR/top_potsdam_${tile}_RGBIR.tif`, { data: bgrn, bands: 4 });
    mkdirSync(path.join(folder, '1_DSM_normalisation'), { recursive: true });
    const heights = `1_DSM_normalisation/dsm_potsdam_${row}_${column}_normalized_lastools.jpg`; // told by its content: a PNG does as well
    await writePng(path.join(folder, heights), { ...grid, data: height, bands: 1 });
    const painted = [0, 1, 2].flatMap((channel) => [...ids].map((id) => colors[id === 255 ? 5 : id][channel]));
    await put(folder, `5_Labels_all/top_potsdam_${tile}_label.tif`, { data: Uint8Array.from(painted), bands: 3 });
  }
  return folder;
}

const onDisk = (dataset: string) => tinyConfig({ dataset, crop: 32, tile: 32, ...(dataset !== 'whu-opt-sar' && { partial: true }) });

test('a folder is told by what it holds', async () => {
  expect([layoutOf(await earthMiss()), layoutOf(await whu()), layoutOf(await potsdam())]).toEqual(['earthmiss', 'whu-opt-sar', 'potsdam']);
});

test.each([
  ['earthmiss', earthMiss, { train: 2, validation: 1, test: 1 }, { S: 1, O: 3 }, [0], 8],
  ['whu-opt-sar', whu, { train: 16, validation: 4, test: 4 }, { S: 1, O: 3 }, [], 7],
  ['potsdam', potsdam, { train: 8, validation: 4, test: 1 }, { D: 1, O: 3 }, [], 5],
] as const)('%s: splits, tiles, bands, and batches to train on', async (dataset, write, sizes, channels, excluded, classes) => {
  const config = onDisk(dataset);
  const splits = await openLayout(config.data as Parameters<typeof openLayout>[0], await write(), silent);
  expect({ train: splits.train.length, validation: splits.validation.length, test: splits.test.length }).toEqual(sizes);
  expect([splits.channels, splits.excludeClasses, splits.classes.length]).toEqual([channels, excluded, classes]);
  const { source } = trainingSource<'optical' | 'label'>({
    samples: splits.train,
    load: splits.load,
    crop: 32,
    symmetries: true,
    batchSize: 2,
    seed: 0,
  });
  const batch = await source(0);
  expect([batch.optical.shape, batch.labels.shape]).toEqual([
    [2, 32, 32, 3],
    [2, 32, 32],
  ]);
  const ids = new Set(batch.labels.dataSync());
  ids.delete(255);
  expect(Math.max(...ids)).toBeLessThan(5);
  tf.dispose(Object.values(batch).filter((value) => value instanceof tf.Tensor));
});

test("Potsdam's table from files to figures: optical alone at test, whole patches in windows", async () => {
  const dataRoot = await potsdam();
  const config = onDisk('potsdam');
  const small = { ...config, training: { ...config.training, steps: 2 } };
  const out = mkdtempSync(path.join(root, 'runs-'));
  const { tables } = await reproduce(silentOptions({ config: small, dataRoot, tables: [3], out }));
  const measured = tables[0].rows.filter(({ source }) => source === 'reproduced');
  expect(measured.map(({ label, cells: [train, tested] }) => [label, train, tested])).toEqual([
    ['Baseline (Concat) (height)', 'D+O', 'D+O'],
    ['Baseline-OPT', 'O', 'O'],
    ['Baseline-DSM', 'D', 'D'],
    ['Fine-tuning (height)', 'D, then O', 'O'],
    ['STARS (height)', 'D+O', 'O'],
    ['STARS (height), tested on D', 'D+O', 'D'],
    ['STARS (height), tested on D+O', 'D+O', 'D+O'],
  ]);
  for (const { cells } of measured) expect(Number.isFinite(cells[2])).toBe(true);
  expect(tables[1].columns).toHaveLength(5);
});

test('a folder without samples is a bad input: exit code 3', async () => {
  const config = onDisk('earthmiss');
  expect(await told(openLayout(config.data as Parameters<typeof openLayout>[0], root, silent))).toEqual({
    code: 3,
    message: expect.stringContaining('no sample of earthmiss, split train'),
  });
});
