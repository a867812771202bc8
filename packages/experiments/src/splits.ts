import { cachedLoad, type LoadedSample, type Sample } from '@rs/datasets';

/** The files of a run and how to read them. */
export interface Splits<S extends LoadedSample> {
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
  readonly test: readonly Sample[];
  readonly classes: readonly string[];
  readonly colors: readonly (readonly [number, number, number])[];
  readonly load: (sample: Sample) => Promise<S>;
  readonly about: string; // for the provenance of every figure: which data, how many samples, what is scored
}

const cacheBytes = 1.5 * 2 ** 30; // decoded samples kept in memory

/** `load`, which keeps what it has read while there is room; it must always read with the same options. */
export const keptInMemory = <S extends LoadedSample>(load: (sample: Sample) => Promise<S>): ((sample: Sample) => Promise<S>) =>
  cachedLoad(load, { maxBytes: cacheBytes }) as (sample: Sample) => Promise<S>;

/** Samples one after the other, for evaluation. */
export async function* samplesOf<S extends LoadedSample>(samples: readonly Sample[], load: Splits<S>['load']): AsyncGenerator<S> {
  for (const sample of samples) yield await load(sample);
}
