import { addConfusion, countPairs, emptyConfusion, type Confusion } from './confusion-matrix.js';
import type { HostArray } from './host-array.js';
import { checkMeanOptions } from './mean-scores.js';
import { scoresOf, type SegmentationOptions, type SegmentationScores } from './segmentation-scores.js';

/**
 * `segmentationScores` over batches: one confusion matrix for everything seen. Counts are exact, so any split into batches, in any
 * order, gives the bits of the one-shot result.
 */
export class SegmentationAccumulator {
  readonly #options: SegmentationOptions;
  #confusion: Confusion;

  constructor(options: SegmentationOptions) {
    this.#options = options;
    this.#confusion = emptyConfusion('SegmentationAccumulator', options.numClasses);
    checkMeanOptions('SegmentationAccumulator', options, options.numClasses);
  }

  /** Counts a batch; one that throws changes nothing. @throws RangeError as `confusionMatrix` */
  update(target: HostArray, pred: HostArray, mask?: HostArray): void {
    const [batch] = countPairs('SegmentationAccumulator.update', { target, pred, mask }, this.#options);
    addConfusion('SegmentationAccumulator.update', this.#confusion, batch);
  }

  /** Adds what another accumulator has counted. @throws RangeError when it has another number of classes */
  merge(other: SegmentationAccumulator): void {
    addConfusion('SegmentationAccumulator.merge', this.#confusion, other.#confusion);
  }

  /** The scores of everything seen; NaN before the first counted pixel. */
  compute(): SegmentationScores {
    const { shape, data } = this.#confusion;
    return scoresOf('SegmentationAccumulator', { shape, data: data.slice() }, this.#options);
  }

  reset(): void {
    this.#confusion = emptyConfusion('SegmentationAccumulator', this.#options.numClasses);
  }
}
