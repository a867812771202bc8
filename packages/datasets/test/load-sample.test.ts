import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { indexDataset, loadSample, RasterError, type LoadOptions, type Sample } from '../src/index.js';
import { side, writePatch, type PatchChanges } from './m3m-patch.js';
import { put, temporaryFolder } from './temporary-folder.js';
import { tinyTiff, type TinyTiff } from './tiff-file.js';

const folder = temporaryFolder();
let roots = 0;

async function patch(changes: PatchChanges = {}): Promise<Sample> {
  const root = path.join(folder, `root${roots++}`);
  writePatch(root, 'train', 'fall_1', 1, changes);
  return (await indexDataset({ dataset: 'm3m-cr', root, split: 'train' }))[0];
}

/** A DFC 2023 pair: RGB and SAR, no labels. */
async function pair(optical: Partial<TinyTiff>, sar: Partial<TinyTiff> = {}): Promise<Sample> {
  const root = path.join(folder, `root${roots++}`);
  mkdirSync(root);
  const grey = { bands: 1, height: 4, width: 5, pixels: Array.from({ length: 60 }, (_, i) => i + 1) };
  put(root, 'train/rgb/P1.tif', tinyTiff({ ...grey, bands: 3, ...optical }));
  put(root, 'train/sar/P1.tif', tinyTiff({ ...grey, ...sar }));
  return (await indexDataset({ dataset: 'dfc2023', root, split: 'train' }))[0];
}

async function refusal(sample: Sample, options?: LoadOptions): Promise<string> {
  const error: unknown = await loadSample(sample, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RasterError);
  expect((error as RasterError).message).toContain((error as RasterError).file);
  return (error as RasterError).message;
}

test('a sample carries its bands, CRS and place, and lies on one grid', async () => {
  const sample = await loadSample(await patch(), { crop: 20 });
  expect(sample.cloudy).toMatchObject({
    bands: 4,
    height: 20,
    width: 20,
    bandNames: ['B', 'G', 'R', 'NIR'],
    epsg: 32646,
    geotransform: [760329, 3, 0, 1898382, 0, -3],
  });
  expect(sample.sar).toMatchObject({
    bands: 2,
    height: 20,
    width: 20,
    bandNames: ['VV', 'VH'],
    geotransform: [760329, 3, 0, 1898382, 0, -3],
  });
  expect(sample.label).toMatchObject({ height: 20, width: 20 });
  expect(sample.cloudMask).toMatchObject({ height: 20, width: 20 });
  for (const value of [...(sample.sar?.data ?? []), ...(sample.cloudFree?.data ?? [])]) expect(value >= 0 && value <= 1).toBe(true);
});

test('labels on their own grid show the ground of the crop', async () => {
  const { cloudFree, label } = await loadSample(await patch(), { crop: 20, labelGrid: 'native' });
  expect(label).toMatchObject({ height: 6, width: 6, geotransform: [760330, 10, 0, 1898380, 0, -10] });
  expect(cloudFree?.geotransform).toEqual([760329, 3, 0, 1898382, 0, -3]);
  const window = await loadSample(await patch(), { window: [10, 20, 10, 10], labelGrid: 'native' });
  expect(window.label).toMatchObject({ height: 3, width: 3, geotransform: [760360, 10, 0, 1898380, 0, -10] });
  expect(await refusal(await patch(), { window: [5, 20, 10, 10], labelGrid: 'native' })).toMatch(/multiple of 10/);
  expect(await refusal(await patch(), { crop: 15, labelGrid: 'native' })).toMatch(/4.5 coarse pixels/);
});

test('a window is the same part of the whole sample', async () => {
  const sample = await patch();
  const [whole, part] = [await loadSample(sample), await loadSample(sample, { window: [3, 5, 7, 11] })];
  for (const role of ['cloudy', 'sar', 'label', 'cloudMask'] as const) {
    const [all, some] = [whole[role], part[role]];
    for (let i = 0; i < 7 * 11; i++) expect(some?.data[i]).toBe(all?.data[(3 + Math.floor(i / 11)) * side + 5 + (i % 11)]);
  }
});

test('pairs that do not fit are refused with both numbers', async () => {
  expect(await refusal(await pair({}, { height: 5, width: 4 }))).toMatch(
    /sar\/P1\.tif: does not fit .*rgb\/P1\.tif: .*expected 5 x 4 pixels .*found 4 x 5/,
  );
  expect(await refusal(await pair({ epsg: 32633 }, { epsg: 32634 }))).toMatch(/the CRS differ, expected EPSG:32633, found EPSG:32634/);
  const shifted = await pair({ epsg: 32633, origin: [0, 0, 1] }, { epsg: 32633, origin: [1, 0, 1] });
  expect(await refusal(shifted)).toMatch(/do not overlap within one coarse pixel \(1\)/);
  expect(await refusal(await patch({ sar: { origin: [760310, 1898410, 10] } }))).toMatch(/S1_fall_1_p_1\.tif/);
  expect(await refusal(await patch({ maskShape: [side, 3] }))).toMatch(/has the shape \(40, 3\), expected \(40, 40\)/);
});

test('a missing band names the bands that were expected', async () => {
  expect(await refusal(await pair({ bands: 2 }))).toMatch(/has 2 bands, expected 3 \(R, G, B\)/);
  expect(await refusal(await patch(), { bands: ['SWIR'] })).toMatch(/there is no band SWIR, only B, G, R, NIR/);
});

test('invalid pixels become the mean of the whole file and are counted; a file without any valid one is refused', async () => {
  const values = Array.from({ length: 20 }, (_, i) => (i === 0 ? Number.NaN : i === 1 ? -9999 : i));
  const some = await pair({}, { dtype: 'float32', nodata: '-9999', pixels: values });
  const mean = (189 - 0) / 18; // of 2 .. 19
  const { sar, filled } = await loadSample(some);
  expect(filled).toEqual({ optical: 0, sar: 2 });
  expect(sar?.data[0]).toBeCloseTo(mean, 4);
  const { sar: part, filled: partly } = await loadSample(some, { window: [0, 0, 1, 3] });
  expect(partly.sar).toBe(2);
  expect([...(part?.data ?? [])].map((value) => Number(value.toFixed(3)))).toEqual([10.5, 10.5, 2]);
  expect(await refusal(await pair({}, { dtype: 'float32', pixels: values.map(() => Number.NaN) }))).toMatch(
    /every pixel is NaN or nodata, expected at least one/,
  );
  expect(await refusal(await pair({ nodata: '0', pixels: new Array<number>(60).fill(0) }))).toMatch(
    /rgb\/P1\.tif: every pixel is NaN or nodata/,
  );
});

test('a label that is no class names its value and pixel in the file', async () => {
  const pixels = new Array<number>(144).fill(10);
  pixels[2 * 12 + 7] = 77;
  expect(await refusal(await patch({ label: { pixels } }))).toMatch(
    /landcover_fall_1_p_1\.tif: label value 77 at row 2, column 7 is not one of 10, 20/,
  );
});

test('levels, ignored classes and the ignore index', async () => {
  const pixels = [70, 20, 30, ...new Array<number>(141).fill(90)];
  const labels = async (options: LoadOptions) =>
    [...((await loadSample(await patch({ label: { pixels } }), { labelGrid: 'native', ...options })).label?.data ?? [])].slice(0, 4);
  expect(await labels({})).toEqual([255, 1, 1, 5]);
  expect(await labels({ ignoreIndex: -1 })).toEqual([-1, 1, 1, 5]);
  expect(await labels({ labelLevel: 2 })).toEqual([6, 1, 2, 8]);
  expect(await labels({ labels: { values: { 20: 7, 30: 8, 70: 'ignore', 90: 9 } } })).toEqual([255, 7, 8, 9]);
  await expect(loadSample(await patch(), { labelLevel: 3 })).rejects.toThrow('m3m-cr has no labels of level 3');
});

test('values are divided, standardised or left as they are', async () => {
  const first = async (options: LoadOptions) =>
    (await loadSample(await pair({ pixels: new Array<number>(60).fill(51) }), options)).optical?.data[0];
  expect(await first({})).toBe(51);
  expect(await first({ opticalScale: 255 })).toBeCloseTo(0.2, 6);
  expect(await first({ mean: [50, 0, 0], std: [2, 1, 1] })).toBe(0.5);
  expect(await refusal(await pair({}), { mean: [1, 2, 3] })).toMatch(/mean and std must be given together/);
});

test('a height file of another size is an error, or its edge repeated when asked for', async () => {
  const root = path.join(folder, `root${roots++}`);
  const area = { bands: 3, height: 3, width: 4, pixels: new Array<number>(36).fill(255) };
  put(root, 'top/top_mosaic_09cm_area1.tif', tinyTiff(area));
  put(root, 'gts_for_participants/top_mosaic_09cm_area1.tif', tinyTiff(area));
  put(
    root,
    'dsm/dsm_09cm_matching_area1.tif',
    tinyTiff({ bands: 1, height: 2, width: 4, dtype: 'float32', pixels: [1, 2, 3, 4, 5, 6, 7, 8] }),
  );
  const [sample] = await indexDataset({ dataset: 'vaihingen', root, split: 'train', allowMissingTiles: true });
  expect(await refusal(sample)).toMatch(/dsm_09cm_matching_area1\.tif: does not fit .*expected 4 x 3 .*found 4 x 2/);
  expect([...((await loadSample(sample, { fixSize: 'edge' })).dsm?.data ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8]);
  expect([...((await loadSample(sample, { fixSize: 'edge', window: [2, 1, 1, 2] })).dsm?.data ?? [])]).toEqual([6, 7]);
  expect(await refusal(sample, { fixSize: 'edge', erodedLabels: true })).toMatch(/there is no eroded label/);
});
