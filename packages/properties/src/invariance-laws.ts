import type fc from 'fast-check';
import { assertClose, forAllBatches, type Runs } from './for-all-batches.js';
import type { HostArray } from './host-array.js';
import type { HostBatch, Measure } from './measure.js';
import { normal, permutation, seeded } from './seeded.js';

export interface LawOptions<Batch extends HostBatch> extends Runs {
  readonly batches: fc.Arbitrary<Batch>;
  readonly tolerance?: number; // of |difference| / (1 + |value|); default says each law
}

/**
 * What stands at pixels with mask 0 does not count: other values there leave the measure's bits.
 *
 * @param options.fields the arrays that are disturbed, such as ['logits']; integers are permuted, others replaced by large numbers
 */
export function lawIgnoresMasked<Batch extends HostBatch & { readonly mask: HostArray }>(
  measure: Measure<Batch>,
  { batches, fields, tolerance = 0, ...runs }: LawOptions<Batch> & { readonly fields: readonly (keyof Batch)[] },
): void {
  forAllBatches(batches, runs, (batch, seed) => {
    const draw = seeded(seed);
    const disturbed = changed(batch, fields, ({ data, shape }) => {
      const perPixel = data.length / batch.mask.data.length;
      const shuffled = permutation(draw, data.length);
      const at = (i: number): number => batch.mask.data[Math.floor(i / perPixel)];
      const other = (i: number): number => (data instanceof Float32Array ? 100 * normal(draw) : data[shuffled[i]]);
      return { shape, data: data.map((value, i) => (at(i) === 0 ? other(i) : value)) };
    });
    assertClose('with other values at masked pixels', measure(disturbed), measure(batch), tolerance);
  });
}

/**
 * All channels of a pixel move together: a softmax does not see it. Default tolerance 1e-4, for float32.
 *
 * @param options.field the array that is moved, such as 'logits'
 */
export function lawShiftInvariant<Batch extends HostBatch>(
  measure: Measure<Batch>,
  { batches, field, tolerance = 1e-4, ...runs }: LawOptions<Batch> & { readonly field: keyof Batch },
): void {
  forAllBatches(batches, runs, (batch, seed) => {
    const draw = seeded(seed);
    const moved = changed(batch, [field], ({ shape, data }) => {
      const channels = shape[shape.length - 1];
      const shifts = Array.from({ length: data.length / channels }, () => 3 * normal(draw));
      return { shape, data: data.map((value, i) => value + shifts[Math.floor(i / channels)]) };
    });
    assertClose('with the channels of each pixel shifted', measure(moved), measure(batch), tolerance);
  });
}

/**
 * Classes have no order: renamed in scores and labels alike, they give the same value. Default tolerance 1e-4, for float32.
 *
 * @param options.numClasses K; other labels (an ignore index) keep their name
 * @param options.labels arrays of class ids
 * @param options.scores arrays with a channel a class
 */
export function lawPermutationInvariant<Batch extends HostBatch>(
  measure: Measure<Batch>,
  {
    batches,
    numClasses,
    labels,
    scores = [],
    tolerance = 1e-4,
    ...runs
  }: LawOptions<Batch> & {
    readonly numClasses: number;
    readonly labels: readonly (keyof Batch)[];
    readonly scores?: readonly (keyof Batch)[];
  },
): void {
  forAllBatches(batches, runs, (batch, seed) => {
    const renamed = permutation(seeded(seed), numClasses); // class -> its new id
    const labelled = changed(batch, labels, ({ shape, data }) => ({ shape, data: data.map((label) => renamed[label] ?? label) }));
    const permuted = changed(labelled, scores, ({ shape, data }) => ({
      shape,
      data: data.map((_, i) => data[i - (i % numClasses) + renamed.indexOf(i % numClasses)]),
    }));
    assertClose(`with classes renamed to ${renamed}`, measure(permuted), measure(batch), tolerance);
  });
}

/** The batch with some arrays replaced. */
function changed<Batch extends HostBatch>(batch: Batch, fields: readonly (keyof Batch)[], change: (array: HostArray) => HostArray): Batch {
  return { ...batch, ...Object.fromEntries(fields.map((field) => [field, change(batch[field])])) };
}
