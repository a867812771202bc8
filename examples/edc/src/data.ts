import { existsSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {
  augment,
  cachedLoad,
  describeDataset,
  indexDataset,
  loadSample,
  nearestResample,
  RasterError,
  sceneSplit,
  toTensors,
  type LabelCoding,
  type LoadedSample,
  type Sample,
} from '@rs/datasets';
import { shuffledBatches, type DataSource } from '@rs/train';

/** A patch with all that EDC trains on and is scored on. Images lie on one grid; labels may lie on a coarser one. */
export type Patch = LoadedSample & Required<Pick<LoadedSample, 'cloudy' | 'cloudFree' | 'sar' | 'label' | 'cloudMask'>>;

/** What a train step sees, NHWC. */
export interface TrainBatch {
  readonly ids: readonly string[];
  readonly cloudy: tf.Tensor4D; // [N,H,W,4] reflectance in [0,1]
  readonly cloudFree: tf.Tensor4D;
  readonly sar: tf.Tensor4D; // [N,H,W,2], dB scaled to [0,1]
  readonly labels: tf.Tensor3D; // [N,h,w] int32, 255 ignored
  readonly cloudMask: tf.Tensor3D; // [N,H,W] 1 = cloudy
}

/** The files of a run and how to read them. */
export interface Splits {
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
  readonly test: readonly Sample[];
  readonly classes: readonly string[];
  readonly colors: readonly (readonly [number, number, number])[];
  readonly load: (sample: Sample) => Promise<Patch>;
  readonly about: string; // for the provenance of every figure: which data, how many patches, what is scored
}

export interface Labelling {
  readonly classes: readonly string[];
  readonly colors: readonly (readonly [number, number, number])[];
  readonly coding?: LabelCoding; // default: the data set's own
}

const cacheBytes = 1.5 * 2 ** 30; // decoded samples kept in memory

/** Reads whole patches, labels on their own grid; what has been read stays in memory while there is room. */
export function patchLoader(labelling: Labelling): (sample: Sample) => Promise<Patch> {
  return cachedLoad(async (sample: Sample) => asPatch(await loadSample(sample, { labelGrid: 'native', labels: labelling.coding })), {
    maxBytes: cacheBytes,
  }) as (sample: Sample) => Promise<Patch>;
}

/** A folder in the layout of M3M-CR: test/ where it has patches, validation regions held out of train/. */
export async function openM3mCr(root: string, validationShare: number): Promise<Splits> {
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
    load: patchLoader({ classes, colors }),
    about: `files in the layout of M3M-CR; training patches: ${trained.length}; scored patches: ${scored.length} (${seen})`,
  };
}

/** Patches one after the other, for evaluation. */
export async function* patchesOf(samples: readonly Sample[], load: Splits['load']): AsyncGenerator<Patch> {
  for (const sample of samples) yield await load(sample);
}

export interface TrainingData {
  readonly samples: readonly Sample[];
  readonly load: Splits['load'];
  readonly crop: number;
  readonly microBatch: number;
  readonly seed: number;
}

/** The batch at each position of a run: samples in a new order every epoch, random crops where patches are larger than the crop. */
export function trainingSource({ samples, load, crop, microBatch, seed }: TrainingData): {
  source: DataSource<TrainBatch>;
  batchesPerEpoch: number;
} {
  const repeats = Math.ceil(microBatch / samples.length); // a folder with fewer patches than a batch gives several crops of each
  const count = samples.length * repeats;
  const placeOf = shuffledBatches({ seed, count, batchSize: microBatch });
  const source = async (position: number): Promise<TrainBatch> => {
    const { indices } = placeOf(position);
    const patches = await Promise.all(
      indices.map(async (index, i) => {
        const sample = samples[index % samples.length];
        const patch = await load(sample);
        const { width, height } = patch.cloudy;
        if (width === crop && height === crop) return patch;
        if (width < crop || height < crop) throw tooSmall(sample, patch, crop);
        return augment(patch, { key: `${seed}/${position}/${i}`, crop, symmetries: false });
      }),
    );
    return { ids: patches.map(({ id }) => id), ...(toTensors(patches) as Omit<TrainBatch, 'ids'>) };
  };
  return { source, batchesPerEpoch: Math.floor(count / microBatch) };
}

function tooSmall({ root, files }: Sample, { cloudy: { width, height } }: Patch, crop: number): RasterError {
  const file = path.join(root, files.cloudy ?? '');
  return new RasterError(file, `has ${width} x ${height} pixels, expected at least the ${crop} x ${crop} of data.crop in the config`);
}

/** The cloud mask on the grid of the labels, by the corner rule of the public evaluation. */
export function labelCloudMask({ cloudMask, label }: Patch): Uint8Array {
  const mask = { data: cloudMask.data, bands: 1, height: cloudMask.height, width: cloudMask.width };
  return nearestResample(mask, { size: [label.height, label.width], convention: 'corner' }).data;
}

function asPatch(sample: LoadedSample): Patch {
  for (const role of ['cloudy', 'cloudFree', 'sar', 'label', 'cloudMask'] as const) {
    if (!sample[role]) throw new Error(`sample ${sample.id} has no ${role}`);
  }
  return sample as Patch;
}
