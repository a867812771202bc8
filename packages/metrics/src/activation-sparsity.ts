import { readFinite, type HostArray } from './host-array.js';

export interface SparsityOptions {
  readonly threshold?: number; // in the unit of the features; default 1e-3 (EDC Tab. V)
}

/**
 * Share of entries with |x| < threshold; NaN without entries. It depends on the scale of the features. EDC Tab. V.
 *
 * @param features [N,H,W,C], or any other shape
 */
export function activationSparsity({ features, threshold }: { readonly features: HostArray } & SparsityOptions): number {
  const accumulator = new ActivationSparsityAccumulator({ threshold });
  accumulator.update(features);
  return accumulator.compute();
}

/** `activationSparsity` over batches. */
export class ActivationSparsityAccumulator {
  readonly #threshold: number;
  #small = 0;
  #count = 0;

  constructor({ threshold = 1e-3 }: SparsityOptions = {}) {
    if (!(threshold > 0)) throw new RangeError(`activationSparsity: threshold must be positive, got ${threshold}`);
    this.#threshold = threshold;
  }

  /** @throws RangeError when a value is not finite */
  update(features: HostArray): void {
    const { data } = readFinite('activationSparsity: features', features);
    for (const value of data) if (Math.abs(value) < this.#threshold) this.#small++;
    this.#count += data.length;
  }

  compute(): number {
    return this.#small / this.#count;
  }

  reset(): void {
    this.#small = 0;
    this.#count = 0;
  }
}
