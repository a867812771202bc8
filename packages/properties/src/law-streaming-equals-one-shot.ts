import { assertClose, forAllBatches } from './for-all-batches.js';
import type { LawOptions } from './invariance-laws.js';
import type { HostBatch, Measure } from './measure.js';
import { integerBelow, seeded } from './seeded.js';

/**
 * A batch cut along N into parts of any size, fed one by one, gives what the whole gives. Default tolerance 0: the same bits.
 *
 * @param streamed feeds the parts to an accumulator and returns its value
 */
export function lawStreamingEqualsOneShot<Batch extends HostBatch>(
  oneShot: Measure<Batch>,
  streamed: (parts: readonly Batch[]) => number,
  { batches, tolerance = 0, ...runs }: LawOptions<Batch>,
): void {
  forAllBatches(batches, runs, (batch, seed) => {
    assertClose('fed in parts', streamed(partsOf(batch, seed)), oneShot(batch), tolerance);
  });
}

function partsOf<Batch extends HostBatch>(batch: Batch, seed: number): Batch[] {
  const draw = seeded(seed);
  const n = Object.values(batch)[0].shape[0];
  const parts: Batch[] = [];
  for (let from = 0; from < n;) {
    const to = from + 1 + integerBelow(draw, n - from);
    const part = Object.entries(batch).map(([name, { shape, data }]) => {
      const stride = data.length / n;
      return [name, { shape: [to - from, ...shape.slice(1)], data: data.slice(from * stride, to * stride) }];
    });
    parts.push(Object.fromEntries(part) as Batch);
    from = to;
  }
  return parts;
}
