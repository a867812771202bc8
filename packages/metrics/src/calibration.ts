import { argmaxAt } from './argmax-labels.js';
import type { CountingOptions } from './confusion-matrix.js';
import { assertSameShape, position, readIntegers, readValues, type HostArray } from './host-array.js';

/** Scores of the classes [N,H,W,K]: probabilities, or logits whose softmax they are. */
export type ClassScores =
  { readonly probs: HostArray; readonly fromLogits?: false } | { readonly logits: HostArray; readonly fromLogits: true };

export interface CalibrationOptions extends Pick<CountingOptions, 'ignoreIndex' | 'outOfRange'> {
  readonly bins?: number; // B, of equal width; default 15
}

export interface CalibrationPixels {
  readonly target: HostArray; // [N,H,W] integer class ids
  readonly mask?: HostArray; // [N,H,W]; only pixels with mask != 0 count; default: all
}

/** Bin b of B holds b/B <= confidence < (b+1)/B; the last also holds confidence 1. */
export interface CalibrationCurve {
  readonly count: Float64Array; // [B] pixels
  readonly confidence: Float64Array; // [B] mean confidence; NaN in an empty bin
  readonly accuracy: Float64Array; // [B] share of right predictions; NaN in an empty bin
  readonly residual: Float64Array; // [B] accuracy - confidence: negative is over-confident
  readonly ece: number; // expected calibration error; NaN without pixels
}

/** Sums per bin: all that a calibration curve needs. */
export interface CalibrationSums {
  readonly count: Float64Array; // [B]
  readonly confidence: Float64Array; // [B]
  readonly hits: Float64Array; // [B]
}

/**
 * How often the most likely class is right, by its probability; all counted pixels pooled. EDC Fig. 7. Compute on the grid of the
 * labels, from the logits that give them.
 *
 * @throws RangeError on shapes that differ, probabilities outside 0..1, NaN, and a target outside 0..K-1 unless it is ignored
 */
export function calibrationCurve(input: ClassScores & CalibrationPixels & CalibrationOptions): CalibrationCurve {
  const [sums] = calibrationSums('calibrationCurve', input, input);
  return curveOf(sums);
}

/** Sum over the bins of (n_b / N) |accuracy_b - confidence_b|; NaN when no pixel counts. EDC eq. (20). */
export function expectedCalibrationError(input: ClassScores & CalibrationPixels & CalibrationOptions): number {
  const [sums] = calibrationSums('expectedCalibrationError', input, input);
  return curveOf(sums).ece;
}

export function curveOf({ count, confidence, hits }: CalibrationSums): CalibrationCurve {
  const total = count.reduce((sum, n) => sum + n, 0);
  const meanConfidence = confidence.map((sum, b) => sum / count[b]);
  const accuracy = hits.map((sum, b) => sum / count[b]);
  const residual = accuracy.map((value, b) => value - meanConfidence[b]);
  const ece = residual.reduce((sum, gap, b) => sum + (count[b] > 0 ? (count[b] / total) * Math.abs(gap) : 0), 0);
  return { count: count.slice(), confidence: meanConfidence, accuracy, residual, ece: total > 0 ? ece : NaN };
}

export function emptySums(caller: string, bins = 15): CalibrationSums {
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`${caller}: bins must be a positive integer, got ${bins}`);
  return { count: new Float64Array(bins), confidence: new Float64Array(bins), hits: new Float64Array(bins) };
}

export function addSums(caller: string, into: CalibrationSums, more: CalibrationSums): void {
  if (into.count.length !== more.count.length) {
    throw new RangeError(`${caller}: both must have one number of bins, got ${into.count.length} and ${more.count.length}`);
  }
  for (const name of ['count', 'confidence', 'hits'] as const) {
    for (let b = 0; b < into.count.length; b++) into[name][b] += more[name][b];
  }
}

/** The sums of the pixels with split = 0 and of those with split != 0; without `split` all pixels are in the first. */
export function calibrationSums(
  caller: string,
  { target, mask, ...input }: ClassScores & CalibrationPixels,
  { bins = 15, ignoreIndex, outOfRange = 'throw' }: CalibrationOptions,
  split?: { readonly name: string; readonly array: HostArray },
): [CalibrationSums, CalibrationSums] {
  const sums: [CalibrationSums, CalibrationSums] = [emptySums(caller, bins), emptySums(caller, bins)];
  const argument = `${caller}: ${input.fromLogits ? 'logits' : 'probs'}`;
  const scores = readValues(argument, input.fromLogits ? input.logits : input.probs);
  const targets = readIntegers(`${caller}: target`, target);
  const selected = mask && readValues(`${caller}: mask`, mask);
  const side = split && readValues(`${caller}: ${split.name}`, split.array);
  const numClasses = scores.shape[scores.shape.length - 1];
  if (!(numClasses > 0)) throw new RangeError(`${argument} must have shape [...,K] with K > 0, got [${scores.shape}]`);
  assertSameShape(`${caller}: target`, targets, scores.shape.slice(0, -1));
  if (selected) assertSameShape(`${caller}: mask`, selected, targets.shape);
  if (split && side) assertSameShape(`${caller}: ${split.name}`, side, targets.shape);

  for (let i = 0; i < targets.data.length; i++) {
    const truth = targets.data[i];
    if (truth === ignoreIndex || (selected && selected.data[i] === 0)) continue;
    if (truth < 0 || truth >= numClasses) {
      if (outOfRange === 'ignore') continue;
      throw new RangeError(`${caller}: target must lie in 0..${numClasses - 1}, got ${truth} at ${position(i, targets.shape)}`);
    }
    const best = argmaxAt(argument, scores.data, i * numClasses, numClasses);
    const top = scores.data[i * numClasses + best];
    const confidence = input.fromLogits ? topProbability(scores.data, i * numClasses, numClasses, top) : top;
    if (!(confidence >= 0 && confidence <= 1 + 1e-5)) {
      const way = input.fromLogits ? 'must be finite' : 'must lie in 0..1 (fromLogits: true takes logits)';
      throw new RangeError(`${argument} ${way}, got ${top} at ${position(i, targets.shape)}`);
    }
    const into = sums[side && side.data[i] !== 0 ? 1 : 0];
    const bin = binOf(confidence, bins);
    into.count[bin]++;
    into.confidence[bin] += confidence;
    into.hits[bin] += best === truth ? 1 : 0;
  }
  return sums;
}

/** The largest entry of softmax(logits): 1 / sum exp(logit - largest logit). */
function topProbability(logits: ArrayLike<number>, offset: number, numClasses: number, top: number): number {
  let sum = 0;
  for (let k = 0; k < numClasses; k++) sum += Math.exp(logits[offset + k] - top);
  return 1 / sum;
}

/** The bin b with b/B <= confidence < (b+1)/B, exactly: the product may round across an edge, the comparisons set that right. */
function binOf(confidence: number, bins: number): number {
  let bin = Math.min(bins - 1, Math.floor(confidence * bins));
  if (confidence < bin / bins) bin--;
  else if (bin < bins - 1 && confidence >= (bin + 1) / bins) bin++;
  return bin;
}
