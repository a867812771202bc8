export type FloatArray = Float32Array | Float64Array;
export type Shape = readonly [height: number, width: number];

/** One number a pixel, [H,W]: pixel (y, x) is data[y * width + x]. */
export interface Field {
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Throws RangeError unless `shape` holds two positive integers. */
export function checkedShape(name: string, shape: Shape): Shape {
  if (shape.length === 2 && shape.every((side) => Number.isInteger(side) && side > 0)) return shape;
  throw new RangeError(`${name}: shape must be two positive integers [height, width], got [${shape.join(', ')}]`);
}

/** Throws RangeError unless `field` has the height and width of `like`. */
export function assertSameSize(
  argument: string,
  field: { readonly height: number; readonly width: number },
  like: { readonly height: number; readonly width: number },
): void {
  if (field.height === like.height && field.width === like.width) return;
  throw new RangeError(`${argument} must be ${like.height} x ${like.width} pixels, got ${field.height} x ${field.width}`);
}

/** Smallest and largest value. */
export function extent(values: FloatArray): [min: number, max: number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max];
}

export function clip(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x;
}

/** The q quantile (0..1) of the values, linearly interpolated between order statistics. */
export function quantile(values: FloatArray, q: number): number {
  const sorted = values.slice().sort();
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}
