import { addConfusion, countPairs, emptyConfusion, type Confusion, type LabelPair } from './confusion-matrix.js';
import type { HostArray } from './host-array.js';
import { checkMeanOptions } from './mean-scores.js';
import { scoresOf, type SegmentationOptions, type SegmentationScores } from './segmentation-scores.js';

/** One value for all pixels, for those under clear sky and for those under cloud. */
export interface CloudSplit<T> {
  readonly all: T;
  readonly cloudFree: T;
  readonly cloudy: T;
}

/**
 * `segmentationScores` of all pixels, of those with cloudMask = 0 and of those with cloudMask != 0 (EDC Tab. I). The subset is chosen
 * per pixel; the scores of an empty one are NaN. confusion(all) = confusion(cloudFree) + confusion(cloudy).
 *
 * @param cloudMask [N,H,W], on the grid of the labels; not 0: cloudy
 * @throws RangeError as `confusionMatrix`
 */
export function cloudSplitScores({
  target,
  pred,
  cloudMask,
  mask,
  ...options
}: LabelPair & { readonly cloudMask: HostArray } & SegmentationOptions): CloudSplit<SegmentationScores> {
  const caller = 'cloudSplitScores';
  const [cloudFree, cloudy] = countPairs(caller, { target, pred, mask }, options, { name: 'cloudMask', array: cloudMask });
  return splitScores(caller, cloudFree, cloudy, options);
}

/** `cloudSplitScores` over batches; any split into batches gives the bits of the one-shot result. */
export class CloudSplitAccumulator {
  readonly #options: SegmentationOptions;
  #cloudFree: Confusion;
  #cloudy: Confusion;

  constructor(options: SegmentationOptions) {
    this.#options = options;
    this.#cloudFree = emptyConfusion('CloudSplitAccumulator', options.numClasses);
    this.#cloudy = emptyConfusion('CloudSplitAccumulator', options.numClasses);
    checkMeanOptions('CloudSplitAccumulator', options, options.numClasses);
  }

  /** Counts a batch; one that throws changes nothing. @throws RangeError as `confusionMatrix` */
  update(target: HostArray, pred: HostArray, cloudMask: HostArray, mask?: HostArray): void {
    const caller = 'CloudSplitAccumulator.update';
    const [clear, cloudy] = countPairs(caller, { target, pred, mask }, this.#options, { name: 'cloudMask', array: cloudMask });
    addConfusion(caller, this.#cloudFree, clear);
    addConfusion(caller, this.#cloudy, cloudy);
  }

  /** Adds what another accumulator has counted. @throws RangeError when it has another number of classes */
  merge(other: CloudSplitAccumulator): void {
    addConfusion('CloudSplitAccumulator.merge', this.#cloudFree, other.#cloudFree);
    addConfusion('CloudSplitAccumulator.merge', this.#cloudy, other.#cloudy);
  }

  compute(): CloudSplit<SegmentationScores> {
    return splitScores('CloudSplitAccumulator', copy(this.#cloudFree), copy(this.#cloudy), this.#options);
  }

  reset(): void {
    this.#cloudFree = emptyConfusion('CloudSplitAccumulator', this.#options.numClasses);
    this.#cloudy = emptyConfusion('CloudSplitAccumulator', this.#options.numClasses);
  }
}

const copy = ({ shape, data }: Confusion): Confusion => ({ shape, data: data.slice() });

function splitScores(
  caller: string,
  cloudFree: Confusion,
  cloudy: Confusion,
  options: SegmentationOptions,
): CloudSplit<SegmentationScores> {
  const all = copy(cloudFree);
  addConfusion(caller, all, cloudy);
  return {
    all: scoresOf(caller, all, options),
    cloudFree: scoresOf(caller, cloudFree, options),
    cloudy: scoresOf(caller, cloudy, options),
  };
}
