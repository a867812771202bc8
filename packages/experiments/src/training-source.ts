import path from 'node:path';
import { augment, RasterError, type ImageRole, type LoadedSample, type Sample } from '@rs/datasets';
import { shuffledBatches, type DataSource } from '@rs/train';
import { completeTensors, type CompleteSample, type CompleteTensors, type Role } from './complete-samples.js';

export interface TrainingData<R extends Role> {
  readonly samples: readonly Sample[];
  readonly load: (sample: Sample) => Promise<CompleteSample<R>>;
  readonly crop: number; // pixels a side of what a step sees; larger samples are cropped at random
  readonly symmetries: boolean; // flips and quarter turns, one of the eight at random
  readonly batchSize: number; // samples that are in memory at once
  readonly seed: number;
}

/** What a train step sees: the tensors of the roles R, NHWC, and who is in them. */
export type SampleBatch<R extends Role> = { readonly ids: readonly string[] } & CompleteTensors<R>;

/** The batch at each position of a run, always the same for the same position and seed: samples in a new order every epoch, augmented. */
export function trainingSource<R extends Role>({
  samples,
  load,
  crop,
  symmetries,
  batchSize,
  seed,
}: TrainingData<R>): {
  source: DataSource<SampleBatch<R>>;
  batchesPerEpoch: number;
} {
  const repeats = Math.ceil(batchSize / samples.length); // a folder with fewer samples than a batch gives several crops of each
  const count = samples.length * repeats;
  const placeOf = shuffledBatches({ seed, count, batchSize });
  const augmented = async (sample: Sample, key: string): Promise<CompleteSample<R>> => {
    const loaded = await load(sample);
    const { width, height } = referenceImage(loaded);
    if (width < crop || height < crop) throw tooSmall(sample, loaded, crop);
    if (width === crop && height === crop && !symmetries) return loaded;
    return augment(loaded, { key, crop, symmetries }) as CompleteSample<R>;
  };
  const source = async (position: number): Promise<SampleBatch<R>> => {
    const { indices } = placeOf(position);
    const chosen = indices.map((index, i) => augmented(samples[index % samples.length], `${seed}/${position}/${i}`));
    const loaded = await Promise.all(chosen);
    return { ids: loaded.map(({ id }) => id), ...completeTensors<R>(loaded) };
  };
  return { source, batchesPerEpoch: Math.floor(count / batchSize) };
}

const roles = ['optical', 'cloudy', 'cloudFree', 'sar', 'dsm'] as const satisfies readonly ImageRole[];

/** The first image that the sample holds; all others lie on its grid. */
function referenceImage(sample: LoadedSample): { role: ImageRole; width: number; height: number } {
  const role = roles.find((name) => sample[name]);
  if (role === undefined) throw new RangeError(`sample ${sample.id} has no image`);
  const { width, height } = sample[role] as { width: number; height: number };
  return { role, width, height };
}

function tooSmall({ root, files }: Sample, loaded: LoadedSample, crop: number): RasterError {
  const { role, width, height } = referenceImage(loaded);
  const file = path.join(root, files[role] ?? '');
  return new RasterError(file, `has ${width} x ${height} pixels, expected at least the ${crop} x ${crop} of data.crop in the config`);
}
