import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DatasetError, describeDataset, indexDataset, type IndexOptions } from '../src/index.js';
import { patchFiles, writePatch } from './m3m-patch.js';
import { put, temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let roots = 0;
/** A root with empty files of the given names: an index looks at names alone. */
function root(...files: string[]): string {
  const made = path.join(folder, `root${roots++}`);
  mkdirSync(made);
  for (const file of files) put(made, file, '');
  return made;
}

async function problemsOf(options: IndexOptions): Promise<readonly string[]> {
  const error: unknown = await indexDataset(options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatasetError);
  for (const problem of (error as DatasetError).problems) expect((error as DatasetError).message).toContain(problem);
  return (error as DatasetError).problems;
}

test('M3M-CR: a folder without a list is scanned; its samples are those of a list', async () => {
  const made = root();
  const files = [
    writePatch(made, 'train', 'fall_1', 457),
    writePatch(made, 'train', 'fall_1', 12),
    writePatch(made, 'train', 'summer_3', 5),
  ];
  put(made, 'list.csv', files.map((patch) => Object.values(patch).join(',')).join('\r\n')); // prettier-ignore
  const scanned = await indexDataset({ dataset: 'm3m-cr', root: made, split: 'train' });
  expect(scanned.map(({ id, scene }) => [id, scene])).toEqual([['fall_1_p_12', 'fall_1'], ['fall_1_p_457', 'fall_1'], ['summer_3_p_5', 'summer_3']]); // prettier-ignore
  const listed = await indexDataset({ dataset: 'm3m-cr', root: made, split: 'train', list: 'list.csv' });
  expect(listed.map(({ id }) => id)).toEqual(['fall_1_p_457', 'fall_1_p_12', 'summer_3_p_5']);
  expect(new Set(listed.map((sample) => JSON.stringify(sample)))).toEqual(new Set(scanned.map((sample) => JSON.stringify(sample))));
});

test('M3M-CR: one error tells every bad line of a list', async () => {
  const made = root();
  const good = Object.values(writePatch(made, 'train', 'fall_1', 1)).join(',');
  const other = writePatch(made, 'train', 'fall_1', 2);
  const mixed = Object.values({ ...other, sar: patchFiles('fall_1', 1).sar }).join(',');
  const missing = Object.values(patchFiles('fall_9', 9)).join(',');
  const outside = Object.values({ ...other, cloudMask: '../../secret.npy' }).join(',');
  put(made, 'list.csv', [good, mixed, missing, 'a,b', outside, good].join('\n'));
  const problems = await problemsOf({ dataset: 'm3m-cr', root: made, split: 'train', list: 'list.csv' });
  const text = problems.join('\n');
  expect(text).toMatch(/line 2: the columns are of different patches: fall_1_p_2, fall_1_p_1/);
  expect(text.match(/line 3: train\/\S+ does not exist/g)).toHaveLength(5);
  expect(text).toMatch(/line 4: 2 columns, expected 5/);
  expect(text).toMatch(/line 5: the entry \.\.\/\.\.\/secret\.npy lies outside the root/);
  expect(text).toMatch(/fall_1_p_1 is there twice/);
});

test('M3M-CR: a scan reports every missing partner', async () => {
  const made = root();
  const files = writePatch(made, 'test', 'fall_1', 1);
  rmSync(path.join(made, 'test', files.sar));
  rmSync(path.join(made, 'test', files.cloudMask));
  const problems = await problemsOf({ dataset: 'm3m-cr', root: made, split: 'test' });
  expect(problems.map((problem) => problem.split(',')[0])).toEqual([
    'fall_1_p_1: the sar file is missing',
    'fall_1_p_1: the cloudMask file is missing',
  ]);
});

test('WHU-OPT-SAR: the list divides, `all` takes what is on disk, the older folder name is known', async () => {
  const files = ['A', 'B'].flatMap((name) => ['image', 'sar', 'lbl'].map((kind) => `${kind}/${name}.tif`));
  const made = root(...files, 'sar/C.tif');
  put(made, 'mine.txt', 'train:\nB.tif\n\nval:\nA.tif\n');
  const val = await indexDataset({ dataset: 'whu-opt-sar', root: made, split: 'val', list: 'mine.txt' });
  expect(val.map(({ files: { optical } }) => optical)).toEqual(['image/A.tif']);
  expect(await problemsOf({ dataset: 'whu-opt-sar', root: made, split: 'test', list: 'mine.txt' })).toEqual([
    'mine.txt has no line "test:"',
  ]);
  expect(await problemsOf({ dataset: 'whu-opt-sar', root: made, split: 'all' })).toHaveLength(2); // scene C lacks two partners
  expect(await problemsOf({ dataset: 'whu-opt-sar', root: made, split: 'train' })).toEqual([
    'the list The division of the dataset.txt does not exist',
  ]);
});

test('EarthMiss: cities that are not there are an error unless allowed; a partner may be a PNG', async () => {
  const made = root('Nanjing/images/RGB/n1.png', 'Nanjing/images/SAR/n1_SAR.tif', 'Nanjing/masks/n1_mask.png');
  const samples = await indexDataset({ dataset: 'earthmiss', root: made, split: 'train', allowMissingCities: true });
  expect(samples).toMatchObject([{ id: 'Nanjing/n1', scene: 'Nanjing', files: { sar: 'Nanjing/images/SAR/n1_SAR.tif' } }]);
  expect(await problemsOf({ dataset: 'earthmiss', root: made, split: 'train' })).toHaveLength(6);
  put(made, 'Singapore/masks/s1_mask.png', '');
  expect(await problemsOf({ dataset: 'earthmiss', root: made, split: 'train', allowMissingCities: true })).toEqual([
    'Singapore/s1: the optical file is missing, expected Singapore/images/RGB/s1.tif or Singapore/images/RGB/s1.png',
    'Singapore/s1: the sar file is missing, expected Singapore/images/SAR/s1_SAR.tif or Singapore/images/SAR/s1_SAR.png',
  ]);
});

test('ISPRS: height numbers are padded, archives may be nested, test labels lie in another folder', async () => {
  const made = root(
    '4_Ortho_RGBIR/4_Ortho_RGBIR/top_potsdam_6_7_RGBIR.tif',
    '1_DSM_normalisation/dsm_potsdam_06_07_normalized_ownapproach.jpg',
    '5_Labels_for_participants/top_potsdam_6_7_label.tif',
    '4_Ortho_RGBIR/top_potsdam_2_13_RGBIR.tif',
    '1_DSM_normalisation/dsm_potsdam_02_13_normalized_lastools.jpg',
    '5_Labels_all/top_potsdam_2_13_label.tif',
  );
  const index = (split: string) => indexDataset({ dataset: 'potsdam', root: made, split, allowMissingTiles: true });
  expect(await index('train')).toMatchObject([{ id: '6_7', files: { optical: '4_Ortho_RGBIR/4_Ortho_RGBIR/top_potsdam_6_7_RGBIR.tif' } }]);
  expect(await index('test')).toMatchObject([{ id: '2_13', files: { label: '5_Labels_all/top_potsdam_2_13_label.tif' } }]);
  expect(await problemsOf({ dataset: 'potsdam', root: made, split: 'train' })).toHaveLength(23);
  expect(describeDataset('vaihingen').classes).toHaveLength(6);
});

test('lists of names, with paths of other machines, and an empty list', async () => {
  const made = root('GF2/7.jpg', 'GF3/7.jpg', 'label/7.png', 'rgb/3.tif', 'sar/3.tif', 'label/3.tif');
  put(made, 'train.txt', '/home/them/GF2/7.jpg /home/them/GF3/7.jpg /home/them/label/7.png\n');
  expect(await indexDataset({ dataset: 'ddhr', root: made, split: 'train' })).toMatchObject([{ id: '7', files: { sar: 'GF3/7.jpg' } }]);
  put(made, 'val.txt', '\n');
  expect(await indexDataset({ dataset: 'pie-rgb-sar', root: made, split: 'val' })).toEqual([]);
  put(made, 'train.txt', '3\n../3\n4\n');
  const problems = await problemsOf({ dataset: 'pie-rgb-sar', root: made, split: 'train' });
  expect(problems[0]).toBe('train.txt line 2: the entry ../3 lies outside the root');
  expect(problems).toHaveLength(4);
});

test('MM-OVSeg releases: the track chooses the images, training masks have their own folder', async () => {
  const made = root('val/rgb_cloud/1.png', 'val/imgs/1.png', 'val/D2masks/1.png', 'rgb_cloud_thin/1.png', 'D2masks/1.png');
  const files = async (track: 'thick' | 'thin') =>
    (await indexDataset({ dataset: 'mmovseg-oem', root: made, split: 'val', track }))[0].files;
  expect(await files('thick')).toEqual({ optical: 'val/rgb_cloud/1.png', sar: 'val/imgs/1.png', label: 'val/D2masks/1.png' });
  expect(await files('thin')).toEqual({ optical: 'rgb_cloud_thin/1.png', sar: 'val/imgs/1.png', label: 'D2masks/1.png' });
  const sk = root('train/rgb_clouds/2.png', 'train/sar/2.png', 'train/D2masks3class/2.png');
  expect(await indexDataset({ dataset: 'mmovseg-ddsk', root: sk, split: 'train' })).toMatchObject([
    { files: { label: 'train/D2masks3class/2.png' } },
  ]);
  const ch = root('val/rgb_clouds/2.jpg', 'val/sar/2.jpg', 'val/D2masks/2.png');
  expect(await indexDataset({ dataset: 'mmovseg-ddch', root: ch, split: 'val' })).toHaveLength(1);
});

test('SpaceNet 6 test tiles have SAR alone; a strange name is reported', async () => {
  const start = 'AOI_11_Rotterdam/SAR-Intensity/SN6_Test_Public_AOI_11_Rotterdam_SAR-Intensity_';
  const made = root(`${start}1_2_tile_10.tif`, `${start}1_2_tile_9.tif`);
  expect((await indexDataset({ dataset: 'spacenet6', root: made, split: 'test' })).map(({ id, scene }) => [id, scene])).toEqual([['1_2_tile_10', '1_2'], ['1_2_tile_9', '1_2']]); // prettier-ignore
  put(made, `${start}odd.tif`, '');
  expect(await problemsOf({ dataset: 'spacenet6', root: made, split: 'test' })).toEqual([
    'AOI_11_Rotterdam: the name part odd is not <start>_<end>_tile_<n>',
  ]);
});

test('an empty root, a missing one, an unknown data set and an unknown split are errors', async () => {
  expect(await problemsOf({ dataset: 'dfc2023', root: root(), split: 'train' })).toEqual([
    'no sample of dfc2023, split train, was found: the folder is empty or has another layout',
  ]);
  await expect(indexDataset({ dataset: 'dfc2023', root: `${folder}/nowhere`, split: 'train' })).rejects.toThrow(
    /nowhere: the root folder of the data set does not exist/,
  );
  await expect(indexDataset({ dataset: 'm3m', root: folder, split: 'train' })).rejects.toThrow(
    /dataset m3m is not known; expected one of m3m-cr/,
  );
  await expect(indexDataset({ dataset: 'oem-sar', root: folder, split: 'training' })).rejects.toThrow(
    /oem-sar has no split training; expected one of train, val, test/,
  );
});
