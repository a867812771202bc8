import { addColumnSums, addCrossProducts, centered, mirror, readRows, shifted } from './feature-rows.js';
import type { HostArray } from './host-array.js';

/**
 * Linear centred kernel alignment of two representations of the same samples, Kornblith et al. 2019, in EDC eq. (19): with the
 * columns of X and Y centred,
 *
 *     |X^T Y|_F^2 / (|X^T X|_F |Y^T Y|_F)
 *
 * in [0,1]; 1 for equal up to rotation, isotropic scale and shift; NaN when either is constant. Computed from d x d products.
 *
 * @param x [n,d], or [N,H,W,C] with a row a pixel
 * @param y as x, with another d or C
 * @throws RangeError when they have different numbers of rows, or a value is not finite
 */
export function linearCka({ x, y }: { readonly x: HostArray; readonly y: HostArray }): number {
  const accumulator = new LinearCkaAccumulator();
  accumulator.update(x, y);
  return accumulator.compute();
}

/** `linearCka` over batches: sums x, y, x x^T, y y^T and x y^T. */
export class LinearCkaAccumulator {
  #state?: Moments;

  /** Adds samples. @throws RangeError as `linearCka`, and when a number of columns changes */
  update(x: HostArray, y: HostArray): void {
    const [batchX, batchY] = [readRows('linearCka: x', x), readRows('linearCka: y', y)];
    if (batchX.rows !== batchY.rows || (x.shape.length === y.shape.length && x.shape.slice(0, -1).some((size, i) => size !== y.shape[i]))) {
      throw new RangeError(`linearCka: x and y must have the same samples, got shapes [${x.shape}] and [${y.shape}]`);
    }
    const [p, q] = [batchX.columns, batchY.columns];
    // Sums are taken about the first sample: nothing cancels, and a constant matrix gives exactly 0.
    this.#state ??= {
      originX: Float64Array.from(batchX.data.subarray(0, p)),
      originY: Float64Array.from(batchY.data.subarray(0, q)),
      sumX: new Float64Array(p),
      sumY: new Float64Array(q),
      xx: new Float64Array(p * p),
      yy: new Float64Array(q * q),
      xy: new Float64Array(p * q),
      rows: 0,
    };
    const state = this.#state;
    if (p !== state.sumX.length || q !== state.sumY.length) {
      throw new RangeError(`linearCka: x and y must have ${state.sumX.length} and ${state.sumY.length} columns, got ${p} and ${q}`);
    }
    const [rowsX, rowsY] = [shifted(batchX, state.originX), shifted(batchY, state.originY)];
    addColumnSums(state.sumX, rowsX);
    addColumnSums(state.sumY, rowsY);
    addCrossProducts(state.xx, rowsX, rowsX, p, p);
    addCrossProducts(state.yy, rowsY, rowsY, q, q);
    addCrossProducts(state.xy, rowsX, rowsY, p, q);
    state.rows += batchX.rows;
  }

  /** NaN before the first update. */
  compute(): number {
    if (!this.#state) return NaN;
    const { sumX, sumY, xx, yy, xy, rows } = this.#state;
    const squaredNorm = (matrix: Float64Array): number => matrix.reduce((sum, value) => sum + value * value, 0);
    const shared = squaredNorm(centered(xy, sumX, sumY, rows));
    const ownX = squaredNorm(centered(mirror(xx, sumX.length), sumX, sumX, rows));
    const ownY = squaredNorm(centered(mirror(yy, sumY.length), sumY, sumY, rows));
    return shared / (Math.sqrt(ownX) * Math.sqrt(ownY));
  }

  reset(): void {
    this.#state = undefined;
  }
}

interface Moments {
  readonly originX: Float64Array; // [p], taken from every x
  readonly originY: Float64Array; // [q]
  readonly sumX: Float64Array; // [p]
  readonly sumY: Float64Array; // [q]
  readonly xx: Float64Array; // [p,p], the upper half
  readonly yy: Float64Array; // [q,q], the upper half
  readonly xy: Float64Array; // [p,q]
  rows: number;
}
