import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';

interface EntropicProblem {
  readonly cost: tf.Tensor3D; // [B,n,m]
  readonly a: tf.Tensor2D; // [B,n] masses of the rows
  readonly b: tf.Tensor2D; // [B,m] masses of the columns
  readonly epsilon: number;
  readonly phi: number; // damping of the potentials: 1 where the marginals are met, rho / (rho + epsilon) where they are paid for
  readonly iterations: number;
}

export interface EntropicPlan {
  readonly plan: tf.Tensor3D; // [B,n,m]
  /** [B] sum over rows of |mass of the plan - what it is at the solution|, after the last round; the columns' is 0. No gradient. */
  readonly marginalError: tf.Tensor1D;
}

/**
 * Scaling iterations in the log domain, Cuturi 2013 and Chizat et al. 2018, with K = cost / epsilon and potentials in units of epsilon:
 *
 *     u_i = log a_i - phi LSE_j(v_j - K_ij),  v_j = log b_j - phi LSE_i(u_i - K_ij),  plan_ij = exp(u_i + v_j - K_ij)
 *
 * from v = 0 (phi = 1) or v = log b. The gradient with respect to cost, a and b is that of all rounds; it keeps only the potentials of each round,
 * not matrices. A mass of 0 gets an empty row or column, and no gradient.
 */
export function entropicPlan({ cost, a, b, epsilon, phi, iterations }: EntropicProblem): EntropicPlan {
  let lastRowLse: tf.Tensor | undefined;
  const solve = tf.customGrad((...given) => {
    const [c, rows, columns] = given as tf.Tensor[];
    const save = given[3] as tf.GradSaveFunc;
    const k = tf.div(c, epsilon); // [B,n,m]
    const logA = tf.log(tf.expandDims(rows, 2)); // [B,n,1]
    const logB = tf.log(tf.expandDims(columns, 1)); // [B,1,m]
    const start = phi === 1 ? tf.zerosLike(logB) : logB;
    const us: tf.Tensor[] = [];
    const vs = [start];
    const rowLses: tf.Tensor[] = [];
    const columnLses: tf.Tensor[] = [];
    for (let t = 0; t < iterations; t++) {
      rowLses.push(logSumExp(vs[t], k, 2));
      us.push(tf.sub(logA, tf.mul(rowLses[t], phi)));
      columnLses.push(logSumExp(us[t], k, 1));
      vs.push(tf.sub(logB, tf.mul(columnLses[t], phi)));
    }
    const plan = tf.tidy(() => tf.exp(tf.sub(tf.add(us[iterations - 1], vs[iterations]), k)));
    lastRowLse = tf.keep(tf.clone(rowLses[iterations - 1])); // customGrad hands out one value and frees the others
    save([k, plan, rows, columns, ...us, ...vs, ...rowLses, ...columnLses]);
    return { value: plan, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradients(dy, saved, { epsilon, phi, iterations }) };
  });
  const plan = solve(cost, a, b) as tf.Tensor3D;
  // at the solution the rows weigh a exp(-f / rho) = a exp((1 - phi) LSE), f the potential of the unbalanced problem; with phi = 1 just a
  const wanted = tf.mul(a, tf.exp(tf.mul(tf.squeeze(lastRowLse!, [2]), 1 - phi)));
  lastRowLse!.dispose();
  return { plan, marginalError: tf.sum(tf.abs(tf.sub(tf.sum(plan, 2), wanted)), 1) };
}

/** The rounds backwards: what each logarithm of a sum passes on is weighted by its softmax. */
function gradients(
  dy: tf.Tensor,
  [k, plan, a, b, ...rounds]: tf.Tensor[],
  { epsilon, phi, iterations }: { readonly epsilon: number; readonly phi: number; readonly iterations: number },
): tf.Tensor[] {
  const us = rounds.slice(0, iterations);
  const vs = rounds.slice(iterations, 2 * iterations + 1);
  const rowLses = rounds.slice(2 * iterations + 1, 3 * iterations + 1);
  const columnLses = rounds.slice(3 * iterations + 1);
  const dExponent = tf.mul(dy, plan); // [B,n,m]
  let dK: tf.Tensor = tf.neg(dExponent);
  let dU: tf.Tensor = tf.sum(dExponent, 2, true); // [B,n,1]
  let dV: tf.Tensor = tf.sum(dExponent, 1, true); // [B,1,m]
  const dLogA: tf.Tensor[] = [];
  const dLogB: tf.Tensor[] = [];
  for (let t = iterations - 1; t >= 0; t--) {
    dLogB.push(dV);
    [dK, dU, dV] = tf.tidy(() => {
      const byColumn = weighted([us[t], k, columnLses[t], tf.mul(dV, phi)]); // v_j = log b_j - phi LSE_i(u_i - K_ij)
      const dRows = tf.sub(dU, tf.sum(byColumn, 2, true));
      const byRow = weighted([vs[t], k, rowLses[t], tf.mul(dRows, phi)]); // u_i = log a_i - phi LSE_j(v_j - K_ij)
      return [tf.addN([dK, byColumn, byRow]), dRows, tf.neg(tf.sum(byRow, 1, true))];
    });
    dLogA.push(dU);
    dU = tf.zerosLike(dU); // a round reads only the v of the one before
  }
  if (phi !== 1) dLogB.push(dV);
  return [tf.div(dK, epsilon), perMass(dLogA, a), perMass(dLogB, b)];
}

/** LSE over the axis of potential - k, the other axis kept at length 1. */
function logSumExp(potential: tf.Tensor, k: tf.Tensor, axis: 1 | 2): tf.Tensor {
  const [lse] = tf.tidy(() => fused([potential, k], () => {
    const exponent = tf.sub(potential, k);
    const largest = tf.max(exponent, axis, true);
    return [tf.add(largest, tf.log(tf.sum(tf.exp(tf.sub(exponent, largest)), axis, true)))];
  })); // prettier-ignore
  return lse;
}

/** softmax of potential - k, each row or column times what it passes on. [B,n,m] */
function weighted([potential, k, lse, passed]: tf.Tensor[]): tf.Tensor {
  const [product] = tf.tidy(() => fused([potential, k, lse, passed], () => [tf.mul(tf.exp(tf.sub(tf.sub(potential, k), lse)), passed)]));
  return product;
}

/** d log mass -> d mass, 0 where there is no mass. */
function perMass(dLogs: readonly tf.Tensor[], mass: tf.Tensor): tf.Tensor {
  const total = tf.reshape(tf.addN([...dLogs]), mass.shape);
  const some = tf.greater(mass, 0);
  return tf.where(some, tf.div(total, tf.where(some, mass, 1)), 0);
}
