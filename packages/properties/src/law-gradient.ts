import * as tf from '@tensorflow/tfjs-core';
import { assertClose, forAllBatches } from './for-all-batches.js';
import type { LawOptions } from './invariance-laws.js';
import { scalar, toTensors, type HostBatch, type TensorLoss, type Tensors } from './measure.js';
import { normal, seeded } from './seeded.js';

/**
 * The gradient is the slope: along a random direction d of length 1 it agrees with the central difference,
 *
 *     <dL/dx, d> = (L(x + step d) - L(x - step d)) / (2 step)
 *
 * Default tolerance 1e-2, which float32 allows at the default step 1e-2 for losses whose third derivative is moderate.
 *
 * @param options.field the array by which is differentiated, such as 'logits'
 */
export function lawGradient<Batch extends HostBatch>(
  loss: TensorLoss<Batch>,
  {
    batches,
    field,
    step = 1e-2,
    tolerance = 1e-2,
    ...runs
  }: LawOptions<Batch> & { readonly field: keyof Batch & string; readonly step?: number },
): void {
  forAllBatches(batches, runs, (batch, seed) =>
    tf.tidy(() => {
      const tensors = toTensors(batch);
      const x = tensors[field] as tf.Tensor;
      const at = (value: tf.Tensor): tf.Scalar => loss({ ...tensors, [field]: value } as Tensors<Batch>) as tf.Scalar;
      const draw = seeded(seed);
      const drawn = Float64Array.from({ length: x.size }, () => normal(draw));
      const length = Math.hypot(...drawn);
      const direction = tf.tensor(
        Float32Array.from(drawn, (value) => value / length),
        x.shape,
      );
      const slope = scalar(tf.sum(tf.mul(tf.grad(at)(x), direction)));
      const moved = (by: number): number => scalar(at(tf.add(x, tf.mul(direction, by))));
      assertClose(
        `slope along a direction of ${field} by the gradient, and by differences`,
        slope,
        (moved(step) - moved(-step)) / (2 * step),
        tolerance,
      );
    }),
  );
}
