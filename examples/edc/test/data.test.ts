import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { readRaster, writeGeotiff, type GeotiffOptions, type Planar } from '@rs/datasets';
import { exitCodeOf, messageOf, trainingSource } from '@rs/experiments';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { openM3mCr } from '../src/data.js';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';

const samples = fileURLToPath(new URL('../../../tools/conformance/samples/m3m-cr', import.meta.url));
const root = temporaryFolder();
const [train, test33] = ['fall_1_p_457', 'summer_33_p_1'];

/** A copy of the sample files, without `test/` where it is not wanted. */
function folder({ tested = true } = {}): string {
  const copy = mkdtempSync(path.join(root, 'm3m-'));
  cpSync(samples, copy, { recursive: true });
  if (!tested) rmSync(path.join(copy, 'test'), { recursive: true });
  return copy;
}

/** The file of a kind of one of the two patches. */
function fileOf(copy: string, kind: string, id = train, extension = 'tif'): string {
  const split = id === train ? 'train' : 'test';
  const [season, region] = id.split('_');
  return path.join(copy, split, `${kind}_${season}`, `${kind}_${season}_${region}`, `${kind}_${id}.${extension}`);
}

/** Writes a file of a patch again, changed. */
async function rewrite(file: string, change: (image: Planar) => Planar, options: GeotiffOptions = {}): Promise<void> {
  const { data, bands, height, width, epsg, geotransform, nodata } = await readRaster(file);
  const place = { ...(epsg && { epsg }), ...(geotransform && { geotransform }), ...(nodata !== null && { nodata }) };
  await writeGeotiff(file, change({ data, bands, height, width }), { ...place, ...options });
}

const loadTrain = async (copy: string) => {
  const { train: patches, load } = await openM3mCr(copy, 0.1);
  return load(patches[0]);
};

/** What a command says of the error, and its exit code. */
const told = (work: unknown): Promise<{ code: number; message: string }> =>
  Promise.resolve(work).then(
    () => expect.fail('expected an error'),
    (error: unknown) => ({ code: exitCodeOf(error), message: messageOf(error) }),
  );

test('reads train/ and test/: images on one grid, labels on their own', async () => {
  const splits = await openM3mCr(samples, 0.1);
  expect([splits.train, splits.test].map((patches) => patches.map(({ id }) => id))).toEqual([[train], [test33]]);
  expect(splits.about).toContain('scored patches: 1 (test patches)');
  const patch = await splits.load(splits.test[0]);
  expect([patch.cloudy, patch.cloudFree, patch.sar].map(({ bands, height, width }) => [bands, height, width])).toEqual([
    [4, 300, 300],
    [4, 300, 300],
    [2, 300, 300],
  ]);
  expect([patch.label.height, patch.label.width]).toEqual([90, 90]);
  expect(patch.cloudMask.data.length).toBe(90_000);
});

test('a folder with one single patch is scored on what it trained on, and says so', async () => {
  const splits = await openM3mCr(folder({ tested: false }), 0.1);
  expect([splits.train, splits.validation, splits.test].map(([{ id }]) => id)).toEqual([train, train, train]);
  expect(splits.about).toContain('SCORED ON THE PATCHES IT TRAINED ON');
});

test('one patch fills a batch with several crops of it', async () => {
  const { train: patches, load } = await openM3mCr(folder({ tested: false }), 0.1);
  const { source, batchesPerEpoch } = trainingSource({ samples: patches, load, crop: 40, symmetries: false, batchSize: 3, seed: 0 });
  expect(batchesPerEpoch).toBe(1);
  const batch = await source(0);
  expect([batch.cloudy.shape, batch.sar.shape, batch.labels.shape, batch.cloudMask.shape]).toEqual([
    [3, 40, 40, 4],
    [3, 40, 40, 2],
    [3, 12, 12],
    [3, 40, 40],
  ]);
  const again = await source(0);
  expect(again.cloudy.dataSync()).toEqual(batch.cloudy.dataSync()); // the batch of a position is always the same
  tf.dispose([batch, again] as unknown as tf.TensorContainer);
});

describe('names the file at fault in one line, exit code 3', () => {
  const broken: [what: string, problem: RegExp, file: (copy: string) => string, breakIt: (file: string) => unknown][] = [
    [
      'a TIFF that was cut off',
      /S1_fall_1_p_457\.tif/,
      (copy) => fileOf(copy, 'S1'),
      (file) => writeFileSync(file, readFileSync(file).subarray(0, 3000)),
    ],
    [
      'a file that is no TIFF',
      /planet_cloudy_fall_1_p_457\.tif/,
      (copy) => fileOf(copy, 'planet_cloudy'),
      (file) => writeFileSync(file, 'hello'),
    ],
    [
      'a cloud mask that was cut off',
      /cloudmask_fall_1_p_457\.npy/,
      (copy) => fileOf(copy, 'cloudmask', train, 'npy'),
      (file) => writeFileSync(file, readFileSync(file).subarray(0, 500)),
    ],
    [
      'a radar image of another size',
      /S1_fall_1_p_457\.tif: does not fit .*the sizes differ/,
      (copy) => fileOf(copy, 'S1'),
      (file) => rewrite(file, ({ bands }) => ({ bands, height: 7, width: 9, data: new Float64Array(bands * 63).fill(-10) })),
    ],
    [
      'a radar image in another CRS',
      /S1_fall_1_p_457\.tif: does not fit .*the CRS differ/,
      (copy) => fileOf(copy, 'S1'),
      (file) => rewrite(file, (image) => image, { epsg: 32633 }),
    ],
    [
      'a label outside the class list',
      /landcover_fall_1_p_457\.tif.*55/,
      (copy) => fileOf(copy, 'landcover'),
      (file) => rewrite(file, (image) => ({ ...image, data: image.data.map((value, i) => (i === 17 ? 55 : value)) as typeof image.data })),
    ],
    [
      'a missing band',
      /planet_cloudy_fall_1_p_457\.tif: has 3 bands, expected 4 \(B, G, R, NIR\)/,
      (copy) => fileOf(copy, 'planet_cloudy'),
      (file) => rewrite(file, ({ data, height, width }) => ({ data: data.slice(0, 3 * height * width), bands: 3, height, width })),
    ],
    [
      'nothing but NaN',
      /S1_fall_1_p_457\.tif: every pixel is NaN or nodata/,
      (copy) => fileOf(copy, 'S1'),
      (file) => rewrite(file, (image) => ({ ...image, data: Float64Array.from(image.data, () => NaN) })),
    ],
  ];

  test.each(broken)('%s', async (_, problem, file, breakIt) => {
    const copy = folder();
    await breakIt(file(copy));
    const { code, message } = await told(loadTrain(copy));
    expect(message).toMatch(problem);
    expect(message).not.toContain('\n');
    expect(code).toBe(3);
  });

  test('an empty folder, and none', async () => {
    const empty = mkdtempSync(path.join(root, 'empty-'));
    expect(await told(openM3mCr(empty, 0.1))).toEqual({ code: 3, message: expect.stringContaining(`${empty}: no sample of m3m-cr`) });
    expect((await told(openM3mCr(path.join(empty, 'none'), 0.1))).code).toBe(3);
  });

  test('a test patch without its radar image is not passed over', async () => {
    const copy = folder();
    rmSync(fileOf(copy, 'S1', test33));
    expect(await told(openM3mCr(copy, 0.1))).toEqual({
      code: 3,
      message: expect.stringContaining('summer_33_p_1: the sar file is missing'),
    });
  });

  test('an empty test/ is an error, a missing one is not', async () => {
    const copy = folder({ tested: false });
    mkdirSync(path.join(copy, 'test'));
    expect((await told(openM3mCr(copy, 0.1))).code).toBe(3);
  });

  test('a patch smaller than the crop', async () => {
    const { train: patches, load } = await openM3mCr(samples, 0.1);
    const { source } = trainingSource({ samples: patches, load, crop: 160, symmetries: false, batchSize: 1, seed: 0 });
    expect(await told(source(0))).toEqual({
      code: 3,
      message: expect.stringMatching(/planet_cloudy_fall_1_p_457\.tif: has 100 x 100 pixels, expected at least the 160 x 160/),
    });
  });
});

test('some NaN pixels become the mean of the others', async () => {
  const copy = folder();
  await rewrite(fileOf(copy, 'S1'), (image) => ({ ...image, data: Float64Array.from(image.data, (value, i) => (i < 5 ? NaN : value)) }));
  const { sar, filled } = await loadTrain(copy);
  expect(sar.data.every(Number.isFinite)).toBe(true);
  expect(filled.sar).toBeGreaterThan(0);
});
