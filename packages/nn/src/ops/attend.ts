import * as tf from '@tensorflow/tfjs-core';
import { softmax } from './softmax.js';

export interface AttendInputs {
  readonly queries: tf.Tensor4D; // [N,heads,L,d]
  readonly keys: tf.Tensor4D; // [N,heads,S,d]
  readonly values: tf.Tensor4D; // [N,heads,S,d]
  readonly mask?: tf.Tensor2D | tf.Tensor4D; // [L,S] or [N,1,L,S], added to the logits: 0 where query i may look at key j, -Infinity where not
}

/**
 * Scaled dot-product attention, Vaswani et al. 2017, eq. (1), with the heads joined again: [N,L,heads d]
 *     concat_h(softmax(q_h k_h^T / sqrt(d) + mask) v_h)
 * Besides its result it holds two [N,heads,L,S] at most.
 */
export function attend({ queries, keys, values, mask }: AttendInputs): tf.Tensor3D {
  const headDim = queries.shape[3];
  return tf.tidy(() => {
    const weights = tf.tidy(() => {
      const logits = tf.matMul<tf.Tensor4D>(tf.mul(queries, 1 / Math.sqrt(headDim)), keys, false, true);
      return softmax(mask ? tf.add<tf.Tensor4D>(logits, mask) : logits); // [N,heads,L,S]
    });
    return joinHeads(tf.matMul(weights, values));
  });
}

/** [N,heads,L,d] -> [N,L,heads d], undoes splitHeads */
export function joinHeads(x: tf.Tensor4D): tf.Tensor3D {
  const [n, heads, length, headDim] = x.shape;
  return tf.tidy(() => tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [n, length, heads * headDim]));
}

/** [N,L,C] -> [N,heads,L,C/heads] */
export function splitHeads(x: tf.Tensor3D, heads: number): tf.Tensor4D {
  const [n, length, channels] = x.shape;
  return tf.tidy(() => tf.transpose(tf.reshape(x, [n, length, heads, channels / heads]), [0, 2, 1, 3]));
}

/** Queries, keys and values side by side, [N,L,3C] -> three [N,heads,L,C/heads]. */
export function splitQkv(x: tf.Tensor3D, heads: number): Pick<AttendInputs, 'queries' | 'keys' | 'values'> {
  const [n, length, channels] = x.shape;
  const [queries, keys, values] = tf.tidy(() => {
    const byPart = tf.transpose(tf.reshape(x, [n, length, 3, heads, channels / (3 * heads)]), [2, 0, 3, 1, 4]);
    return tf.unstack(byPart, 0) as tf.Tensor4D[];
  });
  return { queries, keys, values };
}
