import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  describeDataset,
  indexDataset,
  loadSample,
  RasterError,
  readRasterInfo,
  synthesizePerlinClouds,
  tileGrid,
  type Sample,
  type Window,
} from '@rs/datasets';
import { completeSample, keptInMemory, UsageError } from '@rs/experiments';
import type { Config } from './config.js';
import { patchRoles, type PatchSplits } from './data.js';

type WhuData = Extract<Config['data'], { dataset: 'whu-opt-sar' }>;

/** A part of a scene; its id names both. */
interface ScenePatch extends Sample {
  readonly window: Window;
}

const dataset = 'whu-opt-sar';
const listInFolder = 'The division of the dataset.txt';
const published = JSON.parse(readFileSync(new URL('../whu-scenes.json', import.meta.url), 'utf8')) as {
  readonly splits: Readonly<Record<'train' | 'test', readonly string[]>>;
};

/**
 * A folder in the layout of WHU-OPT-SAR: whole patches of the scenes, 8-bit images over 255, under synthetic clouds. Which scenes are for training
 * is told by the list in the folder, else by the published one (`whu-scenes.json`); its last training scenes are for validation.
 *
 * @throws DatasetError where files are missing; RasterError naming a scene smaller than a patch; UsageError where the folder has no training scene
 */
export async function openWhuOptSar(root: string, data: WhuData): Promise<PatchSplits> {
  const { classes, colors = [] } = describeDataset(dataset);
  const scenes = await scenesOf(root);
  if (scenes.train.length === 0) throw new UsageError(`${root}: none of its scenes is a training scene of the published division`);
  const heldOut = Math.min(data.validationScenes, Math.floor(scenes.train.length / 2));
  const trained = scenes.train.slice(0, scenes.train.length - heldOut);
  const validated = heldOut > 0 ? scenes.train.slice(-heldOut) : trained;
  const scored = scenes.test.length > 0 ? scenes.test : validated;
  const train = await patchesOf(trained, data.patch);
  const validation = validated === trained ? train : await patchesOf(validated, data.patch);
  const test = scored === validated ? validation : await patchesOf(scored, data.patch);
  const seen =
    scored === scenes.test
      ? 'test scenes'
      : scored === trained
        ? 'SCORED ON THE SCENES IT TRAINED ON: nothing is held out in this folder'
        : 'held-out training scenes: there is no test scene';
  const { seed, cover, mode } = data.clouds;
  return {
    train,
    validation,
    test,
    classes,
    colors,
    load: clouded(data),
    about:
      `files in the layout of WHU-OPT-SAR, ${scenes.list}, patches of ${data.patch}x${data.patch} under synthetic clouds (Perlin noise, ${mode}, cover ` +
      `${cover.join(' to ')}, seed ${seed} and the patch's name); training patches: ${train.length}; scored patches: ${test.length} (${seen})`,
  };
}

async function scenesOf(root: string): Promise<{ train: readonly Sample[]; test: readonly Sample[]; list: string }> {
  if (existsSync(path.join(root, listInFolder))) {
    const [train, test] = await Promise.all([
      indexDataset({ dataset, root, split: 'train' }),
      indexDataset({ dataset, root, split: 'test' }),
    ]);
    return { train, test, list: "divided by the folder's list" };
  }
  const all = await indexDataset({ dataset, root, split: 'all' });
  const inSplit = (split: 'train' | 'test'): Sample[] =>
    published.splits[split].flatMap((scene) => all.filter((sample) => sample.scene === scene).map((sample) => ({ ...sample, split })));
  return { train: inSplit('train'), test: inSplit('test'), list: 'divided as published' };
}

/** The whole patches of scenes, row by row; the rest at the right and the bottom is dropped. */
async function patchesOf(scenes: readonly Sample[], side: number): Promise<ScenePatch[]> {
  const patches: ScenePatch[] = [];
  for (const sample of scenes) {
    const file = path.join(sample.root, sample.files.optical as string);
    const { height, width } = await readRasterInfo(file);
    const windows = tileGrid({ height, width, tile: side, edge: 'drop' });
    if (windows.length === 0)
      throw new RasterError(file, `has ${width} x ${height} pixels, expected at least the ${side} x ${side} of data.patch`);
    patches.push(...windows.map((window) => ({ ...sample, id: `${sample.scene}_${window[0]}_${window[1]}`, window })));
  }
  return patches;
}

/** Reads a patch and puts clouds over it, always the same ones (spec/edc.md, section 9). */
const clouded = ({ clouds: { seed, cover, mode, amplitude } }: WhuData): PatchSplits['load'] =>
  keptInMemory(async (sample) => {
    const { window } = sample as ScenePatch;
    const { optical, ...loaded } = completeSample(await loadSample(sample, { window, opticalScale: 255, sarScale: 255 }), [
      'optical',
      'sar',
      'label',
    ]);
    const { cloudy, cloudMask } = synthesizePerlinClouds(optical, { seed, name: sample.id, cover, mode, amplitude });
    const patch = { ...loaded, id: sample.id, cloudFree: optical, cloudy: { ...optical, ...cloudy }, cloudMask };
    return completeSample(patch, patchRoles);
  });
