import * as tf from '@tensorflow/tfjs-core';
import { linearSumAssignment } from 'linear-sum-assignment';

export interface Assignment {
  readonly p2g: tf.Tensor2D; // [B,n] int32: the column of each row
  readonly g2p: tf.Tensor2D; // [B,m] int32: the row of each column
}

/**
 * Pairs of rows and columns, each used at most once, min(n,m) of them, of the smallest total cost; -1 where there is no partner. Exact, on the
 * host, in float64: shortest augmenting paths, Crouse 2016 (after Jonker and Volgenant 1987), O(n^3).
 *
 * @param cost [B,n,m]
 * @throws RangeError when a cost is not finite; Error while a graph is being recorded, which cannot read values
 */
export function oneToOneAssignment(cost: tf.Tensor3D): Assignment {
  const [batch, rows, columns] = cost.shape;
  const values = hostValues(cost);
  const p2g = new Int32Array(batch * rows).fill(-1);
  const g2p = new Int32Array(batch * columns).fill(-1);
  for (let b = 0; b < batch; b++) {
    const matrix = Array.from({ length: rows }, (_, i) =>
      Float64Array.from(values.subarray((b * rows + i) * columns, (b * rows + i + 1) * columns)),
    );
    const { rowAssignments } = linearSumAssignment(matrix, { maximaze: false });
    for (let i = 0; i < rows; i++) {
      const j = rowAssignments[i];
      if (j < 0) continue;
      p2g[b * rows + i] = j;
      g2p[b * columns + j] = i;
    }
  }
  return { p2g: tf.tensor2d(p2g, [batch, rows], 'int32'), g2p: tf.tensor2d(g2p, [batch, columns], 'int32') };
}

function hostValues(cost: tf.Tensor3D): Float32Array {
  let values: Float32Array;
  try {
    values = cost.dataSync<'float32'>();
  } catch (cause) {
    throw new Error(
      'method "one-to-one" needs the costs on the host and cannot be part of a captured graph: run the step op by op (eager), or take "argmin"',
      { cause },
    );
  }
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const [, rows, columns] = cost.shape;
    const place = [Math.floor(wrong / (rows * columns)), Math.floor(wrong / columns) % rows, wrong % columns];
    throw new RangeError(`method "one-to-one": cost must be finite, got ${values[wrong]} at [${place}]`);
  }
  return values;
}
