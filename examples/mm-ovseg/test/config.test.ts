import { readAnyConfig } from '../src/any-config.js';
import { checkConfig } from '../src/config.js';
import { checkRecipe } from '../src/recipe/config.js';
import { fileURLToPath } from 'node:url';
import { testConfigFiles, testRefusals } from '../../../packages/experiments/test/app-tests.js';
import { tinyRaw } from './tiny-config.js';

const folder = new URL('../config/', import.meta.url);

testConfigFiles(folder, readAnyConfig);
testRefusals(tinyRaw, checkConfig, [
  ['colour', 'red', /colour/],
  ['segmentation.loss', 'mse', /segmentation\.loss/],
  ['data.test', tinyRaw.data.train, /must be different worlds/],
  ['template', 'a photo', /template/],
]);
testRefusals(await readAnyConfig(fileURLToPath(new URL('paper.yaml', folder))), checkRecipe, [
  ['weights.sar', 'sar.pth', /weights.*sar/],
  ['train.dataset', 'spacenet6', /train\.dataset/],
  ['unification.epochs', 0, /unification\.epochs: .*>0/],
  ['windows', { kernel: 384, overlap: 1, outRes: [640, 640] }, /windows\.overlap/],
  ['windows', { kernel: 384, overlap: 0.333, outRes: [640, 600] }, /windows\.outRes: must be 384 plus a multiple of the step 256/],
]);
