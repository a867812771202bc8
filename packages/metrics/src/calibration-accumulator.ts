import {
  addSums,
  calibrationSums,
  curveOf,
  emptySums,
  type CalibrationCurve,
  type CalibrationOptions,
  type CalibrationSums,
  type ClassScores,
} from './calibration.js';
import type { HostArray } from './host-array.js';

export interface CalibrationAccumulatorOptions extends CalibrationOptions {
  readonly fromLogits?: boolean; // the scores are logits, whose softmax is taken; default false: probabilities
}

/** `calibrationCurve` over batches: keeps count, sum of confidence and sum of hits of each bin. */
export class CalibrationAccumulator {
  readonly #options: CalibrationAccumulatorOptions;
  #sums: CalibrationSums;

  constructor(options: CalibrationAccumulatorOptions = {}) {
    this.#options = options;
    this.#sums = emptySums('CalibrationAccumulator', options.bins);
  }

  /**
   * Adds a batch; one that throws changes nothing.
   *
   * @param scores [N,H,W,K] probabilities, or logits when made with `fromLogits`
   * @throws RangeError as `calibrationCurve`
   */
  update(scores: HostArray, target: HostArray, mask?: HostArray): void {
    const caller = 'CalibrationAccumulator.update';
    const [batch] = calibrationSums(caller, { ...named(scores, this.#options), target, mask }, this.#options);
    addSums(caller, this.#sums, batch);
  }

  /** Adds what another accumulator has counted. @throws RangeError when it has another number of bins */
  merge(other: CalibrationAccumulator): void {
    addSums('CalibrationAccumulator.merge', this.#sums, other.#sums);
  }

  compute(): CalibrationCurve {
    return curveOf(this.#sums);
  }

  reset(): void {
    this.#sums = emptySums('CalibrationAccumulator', this.#options.bins);
  }
}

export const named = (scores: HostArray, { fromLogits = false }: CalibrationAccumulatorOptions): ClassScores =>
  fromLogits ? { logits: scores, fromLogits } : { probs: scores };
