import { keyedRandom } from './keyed-random.js';
import type { LoadedSample } from './load-sample.js';
import { cropSample, sampleGrids, turnSample } from './sample-geometry.js';

export interface AugmentOptions {
  /** With the sample's id it fixes the draws, whatever else was loaded before: take a new one each epoch, such as `${seed}/${epoch}`. */
  readonly key: string;
  readonly crop?: number; // side of a random square, aligned with the label grid; default: the whole sample
  /** One of the eight flips and quarter turns, of a square sample (default); of any sample one of the four `flips`; or none. */
  readonly symmetries?: boolean | 'flips';
}

/** A random crop and symmetry of all rasters of a sample alike. */
export function augment(sample: LoadedSample, { key, crop, symmetries = true }: AugmentOptions): LoadedSample {
  const draw = keyedRandom(`${key}/${sample.id}`);
  const { height, width, fineStep } = sampleGrids(sample);
  if (crop !== undefined && (crop > height || crop > width)) {
    throw new RangeError(`augment: a crop of ${crop} does not fit ${sample.id} with ${height} rows and ${width} columns`);
  }
  const starts = (side: number, length: number): number => Math.floor((side - length) / fineStep) + 1;
  const place = crop === undefined ? undefined : ([draw(starts(height, crop)), draw(starts(width, crop))] as const);
  const cropped = crop === undefined || place === undefined ? sample : cropSample(sample, crop, place);
  if (!symmetries) return cropped;
  const turns = symmetries === true;
  if (turns && crop === undefined && height !== width)
    throw new RangeError(`augment: symmetries need a square, ${sample.id} has ${height} rows and ${width} columns`);
  const code = draw(8);
  return turnSample(cropped, { transpose: turns && (code & 4) > 0, flipRows: (code & 2) > 0, flipColumns: (code & 1) > 0 });
}
