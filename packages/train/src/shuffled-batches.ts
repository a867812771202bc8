import { Random } from '@rs/nn';

export interface ShuffledBatchesConfig {
  readonly seed: number;
  readonly count: number; // of samples
  readonly batchSize: number; // at most count
}

/** Where a batch lies in the order of the run. */
export interface BatchPlace {
  readonly epoch: number; // from 0
  readonly indices: readonly number[]; // of its samples
}

/** 0 .. count-1 in a random order, the same for the same seed and epoch (Fisher and Yates). */
export function shuffledIndices(seed: number, epoch: number, count: number): number[] {
  const random = new Random(randomSeed(seed, epoch));
  const indices = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [indices[i], indices[j]] = [indices[j], indices[i]];
  }
  return indices;
}

/**
 * The samples of each batch by its position in the run: all of them in a new order every epoch, an incomplete last batch dropped.
 *
 * @throws RangeError unless 1 <= batchSize <= count
 */
export function shuffledBatches({ seed, count, batchSize }: ShuffledBatchesConfig): (position: number) => BatchPlace {
  if (!(Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= count)) {
    throw new RangeError(`shuffledBatches: batchSize must lie in 1..count (${count}), got ${batchSize}`);
  }
  const batches = Math.floor(count / batchSize);
  let known = { epoch: -1, order: [] as number[] };
  return (position) => {
    const epoch = Math.floor(position / batches);
    if (known.epoch !== epoch) known = { epoch, order: shuffledIndices(seed, epoch, count) };
    const start = (position % batches) * batchSize;
    return { epoch, indices: known.order.slice(start, start + batchSize) };
  };
}

/** A seed of its own for each index (below 2^32) of a run. */
export function randomSeed(seed: number, index: number): number {
  return new Random(seed).integer(2 ** 21) * 2 ** 32 + index;
}
