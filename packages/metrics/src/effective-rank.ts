import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { addColumnSums, addCrossProducts, centered, mirror, readRows, shifted } from './feature-rows.js';
import type { HostArray } from './host-array.js';

export interface EffectiveRankOptions {
  readonly center?: boolean; // remove each channel's mean first; default false, as in EDC eq. (16)
}

export interface EffectiveRank {
  readonly erank: number; // in 1..C; NaN for features that are all zero (constant, when centred)
  readonly nerank: number; // erank / C
}

/**
 * How many directions the channels really use: with lambda the eigenvalues of Sigma = X X^T / n, X [C,n] the features of n pixels,
 *
 *     p = lambda / sum lambda,   erank = exp(-sum p ln p),   nerank = erank / C
 *
 * EDC eq. (16)-(18), after Roy and Vetterli 2007. The rank is at most min(C, n): pool many images.
 *
 * @param features [N,H,W,C] (or [n,C])
 */
export function effectiveRank({ features, center }: { readonly features: HostArray } & EffectiveRankOptions): EffectiveRank {
  const accumulator = new EffectiveRankAccumulator({ center });
  accumulator.update(features);
  return accumulator.compute();
}

/** `effectiveRank` over batches: sums X X^T and, when centring, the channels. */
export class EffectiveRankAccumulator {
  readonly #center: boolean;
  #state?: Moments;

  constructor({ center = false }: EffectiveRankOptions = {}) {
    this.#center = center;
  }

  /** Adds features [N,H,W,C]. @throws RangeError when C changes or a value is not finite */
  update(features: HostArray): void {
    const batch = readRows('effectiveRank: features', features);
    const { columns } = batch;
    // Centred sums are taken about the first sample, so that nothing cancels and constant features give exactly 0.
    this.#state ??= {
      origin: Float64Array.from({ length: columns }, (_, c) => (this.#center ? batch.data[c] : 0)),
      products: new Float64Array(columns * columns),
      sums: new Float64Array(columns),
      rows: 0,
    };
    const { origin, products, sums } = this.#state;
    if (columns !== origin.length) throw new RangeError(`effectiveRank: features must have ${origin.length} channels, got ${columns}`);
    const rows = shifted(batch, origin);
    addCrossProducts(products, rows, rows, columns, columns);
    addColumnSums(sums, rows);
    this.#state.rows += batch.rows;
  }

  compute(): EffectiveRank {
    if (!this.#state) return { erank: NaN, nerank: NaN };
    const erank = Math.exp(entropy(this.spectrum()));
    return { erank, nerank: erank / this.#state.sums.length };
  }

  /** The C eigenvalues of Sigma, falling; their roots are the singular values of X / sqrt(n). Empty before the first update. */
  spectrum(): number[] {
    if (!this.#state) return [];
    const { products, sums, rows } = this.#state;
    const full = mirror(products, sums.length);
    const sum = this.#center ? centered(full, sums, sums, rows) : full;
    return eigenvalues(sum, sums.length).map((value) => value / rows);
  }

  reset(): void {
    this.#state = undefined;
  }
}

interface Moments {
  readonly origin: Float64Array; // [C], taken from every sample
  readonly products: Float64Array; // [C,C], the upper half
  readonly sums: Float64Array; // [C]
  rows: number;
}

/** Eigenvalues of a symmetric [C,C] matrix, falling; negative ones, which are round-off, as 0. */
function eigenvalues(matrix: Float64Array, channels: number): number[] {
  const { realEigenvalues } = new EigenvalueDecomposition(Matrix.from1DArray(channels, channels, matrix), { assumeSymmetric: true });
  return realEigenvalues.map((value) => Math.max(0, value)).sort((a, b) => b - a);
}

/** -sum p ln p of the values over their sum, 0 ln 0 = 0; NaN when all are 0. */
function entropy(values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total === 0) return NaN;
  return -values.reduce((sum, value) => (value > 0 ? sum + (value / total) * Math.log(value / total) : sum), 0);
}
