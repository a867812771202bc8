import { readFinite, type HostArray, type Values } from './host-array.js';

/** Features as a matrix: one row a sample (a pixel of a map), one column a channel. */
export interface FeatureRows {
  readonly rows: number;
  readonly columns: number;
  readonly data: Values['data'];
}

/**
 * Reads [n,d] or [N,H,W,C] as rows of channels: in channels-last order that is what they are.
 *
 * @throws RangeError on fewer than two axes, an empty axis, and values that are not finite
 */
export function readRows(argument: string, features: HostArray): FeatureRows {
  const { shape, data } = readFinite(argument, features);
  if (shape.length < 2 || shape.some((size) => size < 1)) {
    throw new RangeError(`${argument} must have shape [N,H,W,C] or [n,d] without empty axes, got [${shape}]`);
  }
  const columns = shape[shape.length - 1];
  return { rows: data.length / columns, columns, data };
}

/** Rows less `origin` [d], in float64. */
export function shifted({ rows, columns, data }: FeatureRows, origin: Float64Array): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < out.length; i++) out[i] = data[i] - origin[i % columns];
  return out;
}

/** Adds the sum of the rows to `into` [d]. */
export function addColumnSums(into: Float64Array, rows: Float64Array): void {
  for (let i = 0; i < rows.length; i++) into[i % into.length] += rows[i];
}

/** Adds X^T Y to `into` [p,q], for rows X [n,p] and Y [n,q]. Of X^T X only the upper half is summed: `mirror` completes it. */
export function addCrossProducts(into: Float64Array, x: Float64Array, y: Float64Array, p: number, q: number): void {
  const rows = x.length / p;
  let row = 0;
  // Four rows at a time: `into` is larger than the processor's cache, and is walked n/4 times instead of n.
  for (; row + 4 <= rows; row += 4) {
    for (let i = 0; i < p; i++) {
      const a = x[row * p + i];
      const b = x[(row + 1) * p + i];
      const c = x[(row + 2) * p + i];
      const d = x[(row + 3) * p + i];
      for (let j = x === y ? i : 0; j < q; j++) {
        const at = row * q + j;
        into[i * q + j] += a * y[at] + b * y[at + q] + c * y[at + 2 * q] + d * y[at + 3 * q];
      }
    }
  }
  for (; row < rows; row++) {
    for (let i = 0; i < p; i++) {
      for (let j = x === y ? i : 0; j < q; j++) into[i * q + j] += x[row * p + i] * y[row * q + j];
    }
  }
}

/** A symmetric [p,p] matrix from its upper half. */
export function mirror(upper: Float64Array, p: number): Float64Array {
  return upper.map((value, at) => (at % p < Math.floor(at / p) ? upper[(at % p) * p + Math.floor(at / p)] : value));
}

/** X^T Y less what the means contribute: sum (x - mean_x)(y - mean_y)^T = X^T Y - (sum x)(sum y)^T / n. */
export function centered(products: Float64Array, sumX: Float64Array, sumY: Float64Array, rows: number): Float64Array {
  const q = sumY.length;
  return products.map((value, i) => value - (sumX[Math.floor(i / q)] * sumY[i % q]) / rows);
}
