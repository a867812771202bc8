import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { Clip, DinoViT } from '@rs/ovseg';
import { disposeModule, Random, stateDict, torchInit } from '@rs/nn';
import { writeSafetensors } from '@rs/weights';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectReport, expectTables, recorder, silentOptions, told, trainedRows } from '../../../packages/experiments/test/app-testing.js';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';
import { checkRecipe, readRecipe, type RecipeConfig } from '../src/recipe/config.js';
import { reproduceRecipe } from '../src/recipe/reproduce.js';
import { segment } from '../src/segment.js';
import { tinyRaw } from './tiny-config.js';

const root = temporaryFolder();
const samples = fileURLToPath(new URL('../../../tools/conformance/samples', import.meta.url));
const { base } = tinyRaw.backbones;
const raw = {
  name: 'tiny-paper',
  model: { ...base, dino: { ...base.dino, imgSize: 8 } },
  weights: { clip: 'weights/clip.safetensors', dino: 'weights/dino.safetensors' },
  pairs: [
    { dataset: 'spacenet6', folder: 'spacenet6/train', split: 'train' },
    { dataset: 'dfc2023', folder: 'dfc2023/DFC_Track_1', split: 'train' },
  ],
  train: { dataset: 'ddhr', folder: 'ddhr-sk', split: 'train' },
  test: { dataset: 'ddhr', folder: 'ddhr-sk', split: 'val' },
  spelling: 'released',
  unification: { epochs: 2, batchSize: 2, rate: 3e-4, crop: 16, temperature: 0.07, negatives: 'otherImages' },
  segmentation: { ...tinyRaw.segmentation, steps: 2, batchSize: 1, warmup: 0, loss: 'bce', clipNorm: 0.01 },
  weightDecay: 1e-4,
  edge: 16,
};
const tiny = checkRecipe(raw, 'tiny');
const options = (config: RecipeConfig = tiny, changes = {}) =>
  silentOptions({ config, tables: [3], out: path.join(root, 'runs'), dataRoot: path.join(root, 'data'), ...changes });

/** Few bytes of each data set and two checkpoints, where config/paper.yaml looks for them. */
async function makeData(folder: string): Promise<void> {
  mkdirSync(path.join(folder, 'weights'), { recursive: true });
  for (const name of ['ddhr-sk', 'spacenet6', 'dfc2023']) cpSync(path.join(samples, name), path.join(folder, name), { recursive: true });
  const list = readFileSync(path.join(folder, 'ddhr-sk', 'train.txt'), 'utf8').trim() || '6133';
  for (const split of ['train', 'val']) writeFileSync(path.join(folder, 'ddhr-sk', `${split}.txt`), `${list.split('\n')[0]}\n`);
  const init = torchInit(new Random(5));
  for (const [name, model] of [['clip', new Clip(base as never, init)], ['dino', new DinoViT({ ...base.dino, imgSize: 8 } as never, init)]] as const) {
    await writeSafetensors(path.join(folder, 'weights', `${name}.safetensors`), stateDict(model));
    disposeModule(model);
  } // prettier-ignore
}

beforeAll(() => makeData(path.join(root, 'data')));

test("the paper's recipe is that of its sections 3 and 4", async () => {
  const config = await readRecipe(fileURLToPath(new URL('../config/paper.yaml', import.meta.url)));
  expect(config).toMatchObject({ model: 'vit-b16', edge: 384, unification: { batchSize: 8, rate: 3e-4 }, weightDecay: 1e-4 });
  expect(config.segmentation).toMatchObject({
    steps: 120_000,
    batchSize: 8,
    rate: 2.5e-4,
    clipNorm: 0.01,
    loss: 'bce',
    warmup: 0,
    clipRate: 0.01,
  });
});

describe('the recipe on a few files', () => {
  test('trains stage 1 on pairs, stage 2 of each row, and scores them, keeping no tensor', async () => {
    const before = tf.memory().numTensors;
    const { reporter, stages } = recorder();
    const { folder, report, tables } = await reproduceRecipe(options(tiny, { reporter }));
    expect(tf.memory().numTensors).toBe(before);
    expect(trainedRows(stages)).toEqual([
      'CMU, infonce, seed 0',
      'optical only (CLIP), seed 0',
      '+ optical DINO, seed 0',
      'DEF without CMU, seed 0',
      'CMU + DEF, seed 0',
    ]);
    const reproduced = tables[0].rows.filter(({ source }) => source === 'reproduced');
    expect(reproduced).toHaveLength(4);
    for (const { cells } of reproduced) expect(cells[0]).toBeTypeOf('number');
    expect(tables[0].provenance?.data).toMatch(/ddhr train, 1 tiles.*seen: city, forest, farmland; unseen: road, water; 2 pairs/);
    expectTables(folder, ['table-3', 'claims']);
    expectReport(report, ['Table 3: ', 'IoU by class']);

    const again = recorder();
    await reproduceRecipe(options(tiny, { reporter: again.reporter }));
    expect(again.stages).toEqual(['Report']);

    const checkpoint = path.join(folder, 'cmu-plus-def', 'seed-0', 'weights.safetensors');
    const [optical, sar] = ['GF2', 'GF3'].map((sensor) => path.join(root, 'data', 'ddhr-sk', sensor, '6133.jpg'));
    const { classes } = await segment({ optical, sar, classes: ['city', 'water'], checkpoint });
    expect(classes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
  });

  test('weights that do not fit are told before anything is trained', async () => {
    const { reporter, stages } = recorder();
    const config = checkRecipe({ ...raw, name: 'misfit', weights: { ...raw.weights, dino: raw.weights.clip } }, 'tiny');
    const before = tf.memory().numTensors;
    await told(reproduceRecipe(options(config, { reporter })));
    expect(stages).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each<[string, Partial<typeof raw>, object, number, RegExp]>([
    ['no --data', {}, { dataRoot: undefined }, 2, /config tiny-paper needs --data/],
    ['another table', {}, { tables: [4] }, 2, /there is no table 4; there are 3/],
    ['no CLIP weights', { weights: { ...raw.weights, clip: 'weights/none.pth' } }, {}, 3, /weights\/none\.pth: is missing; expected CLIP's state dict .* weights\.clip/],
    ['a DINO of another size', { weights: { ...raw.weights, dino: 'weights/clip.safetensors' } }, {}, 1, /loadDino: the checkpoint's encoder/],
    ['a CLIP of another size', { model: { ...raw.model, vision: { ...raw.model.vision, width: 16 } } }, {}, 1, /loadClip: the checkpoint's CLIP image tower has patch 4, width 8/],
    ['no data set', { train: { ...raw.train, folder: 'ddhr' } }, {}, 3, /ddhr: the root folder of the data set does not exist/],
    ['pairs in another layout', { pairs: [{ ...raw.pairs[0], folder: 'dfc2023' }] }, {}, 3, /no sample of spacenet6, split train, was found/],
  ])('%s is told', async (_, changes, more, code, message) => {
    const config = checkRecipe({ ...raw, ...changes }, 'tiny');
    expect(await told(reproduceRecipe(options(config, more)))).toEqual({ code, message: expect.stringMatching(message) });
  }); // prettier-ignore
});

test('what is missing is told before anything is trained', async () => {
  const { reporter, stages } = recorder();
  const config = checkRecipe({ ...raw, name: 'incomplete', pairs: [{ ...raw.pairs[0], folder: 'none' }] }, 'tiny');
  await told(reproduceRecipe(options(config, { reporter })));
  expect(stages).toEqual([]);
  expect(existsSync(path.join(root, 'runs', 'incomplete'))).toBe(false);
});
