import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';
import { recurrence } from './selective-scan-recurrence.js';
import { silu } from './silu.js';
import { softplus } from './softplus.js';

export interface SelectiveScanOptions {
  readonly D?: tf.Tensor1D; // [D], weight of u in y; default none
  readonly z?: tf.Tensor3D; // [b,L,D], y is multiplied by silu(z); default none
  readonly deltaBias?: tf.Tensor1D; // [D], added to delta; default none
  readonly deltaSoftplus?: boolean; // softplus(delta + deltaBias) instead of delta + deltaBias; default false
  readonly reverse?: boolean; // from the last token to the first; default false
}

export interface SelectiveScanOutputs {
  readonly y: tf.Tensor3D; // [b,L,D]
  readonly lastState: tf.Tensor3D; // [b,D,N], the state after the last step that was taken
}

/**
 * The selective scan of Mamba, Gu and Dao 2023: zero-order hold for A, Euler for B; channel d belongs to group floor(d G / D),
 *
 *     h_t = exp(delta_t A) h_{t-1} + delta_t B_t u_t,  h_0 = 0,   y_t = sum_n C_t[n] h_t[n] + D u_t
 *
 * Time and memory grow with L, the number of TensorFlow ops with its square root.
 *
 * @param u [b,L,D] inputs
 * @param delta [b,L,D] step sizes, at least 0 (after bias and softplus)
 * @param A [D,N] rates, below 0
 * @param B [b,L,G,N] input weights
 * @param C [b,L,G,N] output weights
 * @throws RangeError when shapes do not fit, G does not divide D, or there is no token
 */
export function selectiveScan(
  u: tf.Tensor3D,
  delta: tf.Tensor3D,
  A: tf.Tensor2D,
  B: tf.Tensor4D,
  C: tf.Tensor4D,
  { D, z, deltaBias, deltaSoftplus = false, reverse = false }: SelectiveScanOptions = {},
): SelectiveScanOutputs {
  assertShape('selectiveScan: u', u, [null, null, null]);
  const [batch, length, channels] = u.shape;
  if (length === 0) throw new RangeError('selectiveScan: u must have at least one token, got 0');
  assertShape('selectiveScan: delta', delta, u.shape);
  assertShape('selectiveScan: A', A, [channels, null]);
  const states = A.shape[1];
  assertShape('selectiveScan: B', B, [batch, length, null, states]);
  assertShape('selectiveScan: C', C, B.shape);
  const groups = B.shape[2];
  if (channels % groups !== 0) {
    throw new RangeError(`selectiveScan: the groups of B and C must divide the channels of u (${channels}), got ${groups}`);
  }
  if (D) assertShape('selectiveScan: D', D, [channels]);
  if (z) assertShape('selectiveScan: z', z, u.shape);
  if (deltaBias) assertShape('selectiveScan: deltaBias', deltaBias, [channels]);
  return tf.tidy(() => {
    const inOrder = <T extends tf.Tensor>(x: T): T => (reverse ? tf.reverse(x, 1) : x);
    const grouped = (x: tf.Tensor3D): tf.Tensor4D =>
      tf.transpose(tf.reshape(inOrder(x), [batch, length, groups, channels / groups]), [2, 0, 1, 3]); // [G,b,L,E]
    const biased: tf.Tensor3D = deltaBias ? tf.add(delta, deltaBias) : delta;
    const { y, lastState } = recurrence({
      u: grouped(u),
      delta: grouped(deltaSoftplus ? softplus(biased) : biased),
      A: tf.transpose(tf.reshape(A, [groups, channels / groups, states]), [0, 2, 1]),
      B: tf.transpose(inOrder(B), [2, 0, 1, 3]),
      C: tf.transpose(inOrder(C), [2, 0, 1, 3]),
    });
    const plain: tf.Tensor3D = inOrder(tf.reshape<tf.Rank.R3>(tf.transpose(y, [1, 2, 0, 3]), u.shape));
    const skipped: tf.Tensor3D = D ? tf.add(plain, tf.mul(u, D)) : plain;
    return {
      y: z ? tf.mul<tf.Tensor3D>(skipped, silu(z)) : skipped,
      lastState: tf.reshape<tf.Rank.R3>(tf.transpose(lastState, [1, 0, 3, 2]), [batch, channels, states]),
    };
  });
}
