import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  cropSample,
  describeDataset,
  indexDataset,
  loadSample,
  nearestResample,
  sceneSplit,
  type LabelCoding,
  type Sample,
} from '@rs/datasets';
import { completeSample, keptInMemory, type CompleteSample, type SampleBatch, type Splits } from '@rs/experiments';

export const patchRoles = ['cloudy', 'cloudFree', 'sar', 'label', 'cloudMask'] as const;
type PatchRole = (typeof patchRoles)[number];

/** A patch with all that EDC trains on and is scored on. Images lie on one grid; labels may lie on a coarser one. */
export type Patch = CompleteSample<PatchRole>;

/** What a train step sees, NHWC: reflectance in [0,1], dB scaled to [0,1]; labels [N,h,w], 255 ignored; cloudMask [N,H,W], 1 = cloudy. */
export type TrainBatch = SampleBatch<PatchRole>;

export type PatchSplits = Splits<Patch>;

/** Reads whole patches, labels on their own grid, in the data set's coding unless another is given. */
export const patchLoader = (labels?: LabelCoding): PatchSplits['load'] =>
  keptInMemory(async (sample) => completeSample(await loadSample(sample, { labelGrid: 'native', labels }), patchRoles));

/** A folder in the layout of M3M-CR: test/ where it has patches, validation regions held out of train/. */
export async function openM3mCr(root: string, validationShare: number): Promise<PatchSplits> {
  const { classes, colors = [] } = describeDataset('m3m-cr');
  const all = await indexDataset({ dataset: 'm3m-cr', root, split: 'train' });
  const scenes = [...new Set(all.map(({ scene }) => scene))];
  const { train, validation } = sceneSplit(scenes, { fractions: { train: 1 - validationShare, validation: validationShare }, seed: 0 });
  const inSplit = (names: readonly string[]): Sample[] => all.filter(({ scene }) => names.includes(scene));
  const trained = inSplit(train);
  const heldOut = inSplit(validation);
  const tested = existsSync(path.join(root, 'test')) ? await indexDataset({ dataset: 'm3m-cr', root, split: 'test' }) : undefined;
  const scored = tested ?? (heldOut.length > 0 ? heldOut : trained);
  const seen =
    scored === trained
      ? 'SCORED ON THE PATCHES IT TRAINED ON: nothing is held out in this folder'
      : tested
        ? 'test patches'
        : 'held-out training regions: there is no test/';
  return {
    train: trained,
    validation: heldOut.length > 0 ? heldOut : trained,
    test: scored,
    classes,
    colors,
    load: patchLoader(),
    about: `files in the layout of M3M-CR; training patches: ${trained.length}; scored patches: ${scored.length} (${seen})`,
  };
}

/** The cloud mask on the grid of the labels, by the corner rule of the public evaluation. */
export function labelCloudMask({ cloudMask, label }: Patch): Uint8Array {
  const mask = { data: cloudMask.data, bands: 1, height: cloudMask.height, width: cloudMask.width };
  return nearestResample(mask, { size: [label.height, label.width], convention: 'corner' }).data;
}

/** The central square of a patch, moved up and left to where the grids of images and labels meet; the patch itself where it is no larger. */
export function centreCrop(patch: Patch, side: number): Patch {
  const { height, width } = patch.cloudy;
  if (side >= Math.min(height, width)) return patch;
  const step = width / greatestDivisor(width, patch.label.width); // image pixels between meeting points
  return cropSample(patch, side, [Math.floor((height - side) / 2 / step), Math.floor((width - side) / 2 / step)]) as Patch;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));
