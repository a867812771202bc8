import { assertSameShape, readFinite, readValues, type HostArray, type Values } from './host-array.js';

/** A reconstruction beside its truth. Nothing is clipped: the caller clips `pred` where the data has a range. */
export interface ImagePairInput {
  readonly pred: HostArray; // [N,H,W,C]
  readonly target: HostArray; // [N,H,W,C]
  readonly mask?: HostArray; // [N,H,W]; only pixels with mask != 0 count; default: all
}

/** A checked pair of image batches, row-major [N,H,W,C] without holes. */
export interface ImagePair {
  readonly pred: Values['data'];
  readonly target: Values['data'];
  readonly mask?: Values['data']; // [N,H,W]
  readonly batch: number; // N
  readonly height: number; // H
  readonly width: number; // W
  readonly channels: number; // C
}

/** @throws RangeError on shapes that differ or are not [N,H,W,C], an empty batch, and NaN or infinite pixels */
export function readImagePair(caller: string, { pred, target, mask }: ImagePairInput): ImagePair {
  const truth = readFinite(`${caller}: target`, target);
  const { shape } = truth;
  if (shape.length !== 4 || shape.some((size) => size < 1)) {
    throw new RangeError(`${caller}: target must have shape [N,H,W,C] without empty axes, got [${shape}]`);
  }
  const guess = readFinite(`${caller}: pred`, pred);
  assertSameShape(`${caller}: pred`, guess, shape);
  const selected = mask && readValues(`${caller}: mask`, mask);
  if (selected) assertSameShape(`${caller}: mask`, selected, shape.slice(0, 3));
  const [batch, height, width, channels] = shape;
  return { pred: guess.data, target: truth.data, mask: selected?.data, batch, height, width, channels };
}

/** @throws RangeError unless it is the positive size of the range of the data */
export function checkDataRange(caller: string, dataRange: number): void {
  if (!(dataRange > 0) || dataRange === Infinity) throw new RangeError(`${caller}: dataRange must be a positive number, got ${dataRange}`);
}

/** Mean over the images that have a value; NaN marks those that have none. None left: NaN. */
export function meanOverImages(values: Iterable<number>): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}
