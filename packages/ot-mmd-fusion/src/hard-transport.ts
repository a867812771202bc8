import * as tf from '@tensorflow/tfjs-core';
import { assertFilled, assertOneOf } from './assert-inputs.js';
import { oneToOneAssignment, type Assignment } from './one-to-one-assignment.js';

export interface HardTransportOptions {
  /**
   * `argmin`: each row goes whole to its cheapest column, the first of equal ones. `one-to-one`: min(n,m) pairs of the smallest total cost, found on
   * the host (O(n^3): up to about 1024 tokens), so it cannot be part of a captured graph. Default argmin.
   */
  readonly method?: 'argmin' | 'one-to-one';
}

export interface HardTransport {
  readonly p2g: tf.Tensor3D; // [B,n,m], 1/n at the pairs
  readonly g2p: tf.Tensor3D; // [B,m,n], 1/m at the pairs
  readonly assignP2g: tf.Tensor2D; // [B,n] int32, -1 where a row has no partner
  readonly assignG2p: tf.Tensor2D; // [B,m] int32
  readonly costP2g: tf.Tensor1D; // [B], sum of p2g cost
  readonly costG2p: tf.Tensor1D; // [B]
}

/**
 * Transport plans of uniform masses with one target a token. With `argmin` only the rows are constrained, and that relaxed problem is solved
 * exactly; with `one-to-one` and n = m the balanced one is. Plans are constants: the gradient of `costP2g` with respect to the cost is `p2g`.
 *
 * @param cost [B,n,m]
 * @throws RangeError when cost is empty, or not finite (one-to-one only: argmin does not read values); Error for one-to-one in a captured graph
 */
export function hardTransport(cost: tf.Tensor3D, { method = 'argmin' }: HardTransportOptions = {}): HardTransport {
  assertFilled('hardTransport: cost', cost, [null, null, null]);
  assertOneOf('hardTransport: method', method, ['argmin', 'one-to-one']);
  const [, n, m] = cost.shape;
  return tf.tidy(() => {
    const { p2g: assignP2g, g2p: assignG2p } = method === 'argmin' ? cheapest(cost) : oneToOneAssignment(cost);
    const p2g = planOf(assignP2g, m);
    const g2p = planOf(assignG2p, n);
    return {
      p2g,
      g2p,
      assignP2g,
      assignG2p,
      costP2g: totalCost(cost, p2g),
      costG2p: totalCost(cost, tf.transpose(g2p, [0, 2, 1])),
    };
  });
}

/** The plan [B,n,m] of an assignment [B,n] to m targets: 1/n at the pairs, a row of zeros where there is none. */
export function planOf(assignment: tf.Tensor2D, targets: number): tf.Tensor3D {
  const pairs = tf.equal(tf.expandDims(assignment, 2), tf.range(0, targets, 1, 'int32')); // tf.oneHot refuses a single target
  return tf.mul<tf.Tensor3D>(tf.cast(pairs, 'float32'), 1 / assignment.shape[1]);
}

const cheapest = (cost: tf.Tensor3D): Assignment => ({ p2g: tf.argMin(cost, 2), g2p: tf.argMin(cost, 1) });

/** sum_ij plan_ij cost_ij of each batch element, its gradient the plan itself. */
function totalCost(cost: tf.Tensor3D, plan: tf.Tensor3D): tf.Tensor1D {
  const total = tf.customGrad((given, save) => {
    (save as tf.GradSaveFunc)([plan]);
    return {
      value: tf.sum(tf.mul(given as tf.Tensor, plan), [1, 2]),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(tf.reshape(dy, [-1, 1, 1]), saved),
    };
  });
  return total(cost) as tf.Tensor1D;
}
