import { named, type CalibrationAccumulatorOptions } from './calibration-accumulator.js';
import {
  addSums,
  calibrationSums,
  curveOf,
  emptySums,
  type CalibrationCurve,
  type CalibrationOptions,
  type CalibrationPixels,
  type CalibrationSums,
  type ClassScores,
} from './calibration.js';
import type { CloudSplit } from './cloud-split-scores.js';
import type { HostArray } from './host-array.js';

/**
 * Expected calibration error of all pixels, of those with cloudMask = 0 and of those with cloudMask != 0 (EDC Tab. VI). Pixels are
 * pooled, so the error of all is not a mean of the two, and may be smaller than both.
 *
 * @throws RangeError as `calibrationCurve`
 */
export function cloudSplitCalibration({
  cloudMask,
  ...input
}: ClassScores & CalibrationPixels & CalibrationOptions & { readonly cloudMask: HostArray }): CloudSplit<number> {
  const sums = calibrationSums('cloudSplitCalibration', input, input, { name: 'cloudMask', array: cloudMask });
  const { all, cloudFree, cloudy } = splitCurves(...sums);
  return { all: all.ece, cloudFree: cloudFree.ece, cloudy: cloudy.ece };
}

/** The calibration curves of all, cloud-free and cloudy pixels over batches. */
export class CloudSplitCalibrationAccumulator {
  readonly #options: CalibrationAccumulatorOptions;
  #cloudFree: CalibrationSums;
  #cloudy: CalibrationSums;

  constructor(options: CalibrationAccumulatorOptions = {}) {
    this.#options = options;
    this.#cloudFree = emptySums('CloudSplitCalibrationAccumulator', options.bins);
    this.#cloudy = emptySums('CloudSplitCalibrationAccumulator', options.bins);
  }

  /**
   * Adds a batch; one that throws changes nothing.
   *
   * @param scores [N,H,W,K] probabilities, or logits when made with `fromLogits`
   * @param cloudMask [N,H,W]; not 0: cloudy
   * @throws RangeError as `calibrationCurve`
   */
  update(scores: HostArray, target: HostArray, cloudMask: HostArray, mask?: HostArray): void {
    const caller = 'CloudSplitCalibrationAccumulator.update';
    const input = { ...named(scores, this.#options), target, mask };
    const [clear, cloudy] = calibrationSums(caller, input, this.#options, { name: 'cloudMask', array: cloudMask });
    addSums(caller, this.#cloudFree, clear);
    addSums(caller, this.#cloudy, cloudy);
  }

  compute(): CloudSplit<CalibrationCurve> {
    return splitCurves(this.#cloudFree, this.#cloudy);
  }

  reset(): void {
    this.#cloudFree = emptySums('CloudSplitCalibrationAccumulator', this.#options.bins);
    this.#cloudy = emptySums('CloudSplitCalibrationAccumulator', this.#options.bins);
  }
}

function splitCurves(cloudFree: CalibrationSums, cloudy: CalibrationSums): CloudSplit<CalibrationCurve> {
  const all = emptySums('cloudSplitCalibration', cloudFree.count.length);
  addSums('cloudSplitCalibration', all, cloudFree);
  addSums('cloudSplitCalibration', all, cloudy);
  return { all: curveOf(all), cloudFree: curveOf(cloudFree), cloudy: curveOf(cloudy) };
}
