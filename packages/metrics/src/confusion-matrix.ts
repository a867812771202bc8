import { assertSameShape, position, readIntegers, readValues, type HostArray } from './host-array.js';

/** Counted pixels by target class (row) and predicted class (column): [C,C], integers exact up to 2^53. */
export interface Confusion {
  readonly shape: readonly [number, number];
  readonly data: Float64Array;
}

export interface CountingOptions {
  readonly numClasses: number; // C
  readonly ignoreIndex?: number; // pixels of this target are not counted, whatever was predicted; default: none
  readonly outOfRange?: 'throw' | 'ignore'; // what to do with any other target outside 0..C-1; default 'throw'
}

/** Equal shapes; [N,H,W] in general. */
export interface LabelPair {
  readonly target: HostArray; // integer class ids
  readonly pred: HostArray; // integer class ids
  readonly mask?: HostArray; // only pixels with mask != 0 are counted; default: all
}

/**
 * Counts pixels by target class (row) and predicted class (column).
 *
 * @throws RangeError on shapes that differ, values that are no integers, a prediction outside 0..C-1 on a counted pixel, and, unless
 * `outOfRange` is 'ignore', a target outside it
 */
export function confusionMatrix({ target, pred, mask, ...options }: LabelPair & CountingOptions): Confusion {
  return countPairs('confusionMatrix', { target, pred, mask }, options)[0];
}

/** A matrix of zeros. */
export function emptyConfusion(caller: string, numClasses: number): Confusion {
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    throw new RangeError(`${caller}: numClasses must be a positive integer, got ${numClasses}`);
  }
  return { shape: [numClasses, numClasses], data: new Float64Array(numClasses * numClasses) };
}

/** Adds the counts of `more` to `into`, in place. */
export function addConfusion(caller: string, into: Confusion, more: Confusion): void {
  if (into.shape[0] !== more.shape[0]) {
    throw new RangeError(`${caller}: matrices must have one size, got [${into.shape}] and [${more.shape}]`);
  }
  for (let i = 0; i < into.data.length; i++) into.data[i] += more.data[i];
}

/** Reads a matrix given from outside. @throws RangeError unless it is square and holds counts */
export function readConfusion(caller: string, confusion: HostArray): Confusion {
  const { shape, data } = readIntegers(`${caller}: confusion`, confusion);
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows !== columns || rows === 0) {
    throw new RangeError(`${caller}: confusion must have shape [C,C], got [${shape}]`);
  }
  const negative = data.findIndex((count) => count < 0);
  if (negative >= 0) {
    throw new RangeError(`${caller}: confusion must hold counts, got ${data[negative]} at ${position(negative, shape)}`);
  }
  return { shape: [rows, columns], data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

/**
 * The one counting loop: a matrix for the pixels with split = 0 and one for those with split != 0; without `split` all pixels are in
 * the first.
 */
export function countPairs(
  caller: string,
  { target, pred, mask }: LabelPair,
  { numClasses, ignoreIndex, outOfRange = 'throw' }: CountingOptions,
  split?: { readonly name: string; readonly array: HostArray },
): [Confusion, Confusion] {
  const matrices: [Confusion, Confusion] = [emptyConfusion(caller, numClasses), emptyConfusion(caller, numClasses)];
  const targets = readIntegers(`${caller}: target`, target);
  const preds = readIntegers(`${caller}: pred`, pred);
  const selected = mask && readValues(`${caller}: mask`, mask);
  const side = split && readValues(`${caller}: ${split.name}`, split.array);
  assertSameShape(`${caller}: pred`, preds, targets.shape);
  if (selected) assertSameShape(`${caller}: mask`, selected, targets.shape);
  if (split && side) assertSameShape(`${caller}: ${split.name}`, side, targets.shape);

  const [first, second] = [matrices[0].data, matrices[1].data];
  for (let i = 0; i < targets.data.length; i++) {
    const t = targets.data[i];
    if (t === ignoreIndex || (selected && selected.data[i] === 0)) continue;
    if (t < 0 || t >= numClasses) {
      if (outOfRange === 'ignore') continue;
      const exception = ignoreIndex === undefined ? '; ignoreIndex is not set' : ` or be ignoreIndex ${ignoreIndex}`;
      throw new RangeError(`${caller}: target must lie in 0..${numClasses - 1}${exception}, got ${t} at ${position(i, targets.shape)}`);
    }
    const p = preds.data[i];
    if (p < 0 || p >= numClasses) {
      throw new RangeError(`${caller}: pred must lie in 0..${numClasses - 1}, got ${p} at ${position(i, targets.shape)}`);
    }
    (side && side.data[i] !== 0 ? second : first)[t * numClasses + p]++;
  }
  return matrices;
}
