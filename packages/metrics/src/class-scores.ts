import { readConfusion, type Confusion } from './confusion-matrix.js';
import type { HostArray } from './host-array.js';

/** What every score is made of, by class c: TP_c = M[c,c], T_c = row sum, P_c = column sum; and n, the sum of M. */
export interface ClassCounts {
  readonly hits: Float64Array; // TP
  readonly targets: Float64Array; // T
  readonly preds: Float64Array; // P
  readonly total: number; // n
}

export function classCounts({ shape: [numClasses], data }: Confusion): ClassCounts {
  const hits = new Float64Array(numClasses);
  const targets = new Float64Array(numClasses);
  const preds = new Float64Array(numClasses);
  let total = 0;
  for (let t = 0; t < numClasses; t++) {
    hits[t] = data[t * numClasses + t];
    for (let p = 0; p < numClasses; p++) {
      const count = data[t * numClasses + p];
      targets[t] += count;
      preds[p] += count;
      total += count;
    }
  }
  return { hits, targets, preds, total };
}

/** Each class's counts to its score; 0/0 is NaN. */
type ClassScore = (counts: ClassCounts) => Float64Array;

// U_c = T_c + P_c - TP_c
export const iouOf: ClassScore = ({ hits, targets, preds }) => hits.map((tp, c) => tp / (targets[c] + preds[c] - tp));
export const accuracyOf: ClassScore = ({ hits, targets }) => hits.map((tp, c) => tp / targets[c]);
export const precisionOf: ClassScore = ({ hits, preds }) => hits.map((tp, c) => tp / preds[c]);
export const f1Of: ClassScore = ({ hits, targets, preds }) => hits.map((tp, c) => (2 * tp) / (targets[c] + preds[c]));

/** Intersection over union TP / (T + P - TP) of each class [C]; NaN for a class in neither map. EDC eq. (11), STARS eq. (8). */
export function perClassIoU(confusion: HostArray): Float64Array {
  return iouOf(classCounts(readConfusion('perClassIoU', confusion)));
}

/** Pixel accuracy (recall, producer's accuracy) TP / T of each class [C]; NaN for a class without target pixels. EDC eq. (12). */
export function perClassAccuracy(confusion: HostArray): Float64Array {
  return accuracyOf(classCounts(readConfusion('perClassAccuracy', confusion)));
}

/** Precision (user's accuracy) TP / P of each class [C]; NaN for a class that is never predicted. */
export function perClassPrecision(confusion: HostArray): Float64Array {
  return precisionOf(classCounts(readConfusion('perClassPrecision', confusion)));
}

/** F1 score 2 TP / (T + P) of each class [C]; NaN for a class in neither map. STARS eq. (9). */
export function perClassF1(confusion: HostArray): Float64Array {
  return f1Of(classCounts(readConfusion('perClassF1', confusion)));
}
