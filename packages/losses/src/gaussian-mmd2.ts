import * as tf from '@tensorflow/tfjs-core';
import { assertShape, fused, gatherRows, withoutGradient } from '@rs/nn';
import { kernelVariance, type Bandwidth } from './kernel-bandwidth.js';
import { squaredDistances } from './squared-distances.js';

export interface GaussianMmd2Options {
  /**
   * `biased` (default): all pairs, never below 0 but for rounding. `unbiased`: without the pairs of a token with itself; needs two tokens of each.
   * `linear`: q = floor(n/2) independent quadruples, O(n) and noisy; needs n = m of at least 2.
   */
  readonly estimator?: 'biased' | 'unbiased' | 'linear';
  readonly bandwidth?: Bandwidth; // sigma, in the unit of the tokens, or its rule; default 'mean'
  readonly scales?: readonly number[]; // s: the kernel is the mean of those of width s sigma; default [1]
  readonly maxTokens?: number; // k: of more than k tokens only the floor(i n / k)-th take part; 0 takes all; default 0
}

/**
 * Squared maximum mean discrepancy of two samples under a Gaussian kernel, Gretton et al. 2012, eq. (5), (3) and lemma 14:
 *
 *     k(u, v)  = mean_s exp(-|u - v|^2 / (2 s^2 sigma^2))
 *     biased   = mean k(x_i, x_j) + mean k(y_i, y_j) - 2 mean k(x_i, y_j)
 *     unbiased = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean k(x_i, y_j)
 *     linear   = mean_{i < q} k(x_2i, x_2i+1) + k(y_2i, y_2i+1) - k(x_2i, y_2i+1) - k(x_2i+1, y_2i)
 *
 * sigma takes no gradient. Biased and unbiased keep three matrices of pairs for the backward pass, whose gradient is written out.
 *
 * @param x [B,n,d] tokens
 * @param y [B,m,d] tokens
 * @returns [B] one value an element of the batch
 * @throws RangeError when the shapes do not fit, there are too few tokens for the estimator, or an option is out of range
 */
export function gaussianMmd2(
  x: tf.Tensor3D,
  y: tf.Tensor3D,
  { estimator = 'biased', bandwidth = 'mean', scales = [1], maxTokens = 0 }: GaussianMmd2Options = {},
): tf.Tensor1D {
  assertShape('gaussianMmd2: x', x, [null, null, null]);
  assertShape('gaussianMmd2: y', y, [x.shape[0], null, x.shape[2]]);
  checkOptions({ bandwidth, scales, maxTokens });
  return tf.tidy(() => {
    const [xs, ys] = [everyFew(x, maxTokens), everyFew(y, maxTokens)];
    checkCounts(estimator, xs.shape[1], ys.shape[1]);
    const { centre, rates } = constantsOf(xs, ys, bandwidth, scales);
    const [u, v] = [tf.sub(xs, centre), tf.sub(ys, centre)] as [tf.Tensor3D, tf.Tensor3D];
    return estimator === 'linear' ? linear(u, v, rates) : quadratic(u, v, rates, estimator === 'biased');
  });
}

/** Of each batch element the pooled mean, [B,1,d], and 1 / (2 s^2 sigma^2) of each scale, [B,1,1]. */
function constantsOf(
  x: tf.Tensor3D,
  y: tf.Tensor3D,
  bandwidth: Bandwidth,
  scales: readonly number[],
): { readonly centre: tf.Tensor; readonly rates: tf.Tensor[] } {
  const [centre, ...rates] = withoutGradient(() => {
    const pooled = tf.concat([x, y], 1); // [B,n+m,d]
    const mean = tf.mean(pooled, 1, true);
    const variance = kernelVariance(tf.sub(pooled, mean) as tf.Tensor3D, bandwidth);
    return [mean, ...scales.map((scale) => tf.div(1 / (2 * scale * scale), variance))];
  });
  return { centre, rates };
}

/** Over all pairs. [B,n,d], [B,m,d] -> [B] */
function quadratic(x: tf.Tensor3D, y: tf.Tensor3D, rates: readonly tf.Tensor[], withItself: boolean): tf.Tensor1D {
  const [n, m] = [x.shape[1], y.shape[1]];
  const forXx = withItself ? 1 / (n * n) : 1 / (n * (n - 1));
  const forYy = withItself ? 1 / (m * m) : 1 / (m * (m - 1));
  const forXy = -2 / (n * m);
  const ofItself = withItself ? 1 / n + 1 / m : 0; // k(x_i, x_i) = 1
  const discrepancy = tf.customGrad((a, b, save) => {
    const [u, v] = [a, b] as [tf.Tensor3D, tf.Tensor3D];
    const xx = pairs(u, u, rates, true);
    const yy = pairs(v, v, rates, true);
    const xy = pairs(u, v, rates, false);
    const sum = tf.addN([tf.mul(total(xx.kernel), forXx), tf.mul(total(yy.kernel), forYy), tf.mul(total(xy.kernel), forXy)]); // [B]
    (save as tf.GradSaveFunc)([u, v, xx.slope, yy.slope, xy.slope]);
    return {
      value: tf.add(sum, ofItself),
      gradFunc: (dy: tf.Tensor, [su, sv, slopeXx, slopeYy, slopeXy]: tf.Tensor[]) => {
        const each = tf.reshape(dy, [-1, 1, 1]);
        const dx = tf.add(tf.mul(pull(slopeXx, su, su, false), 2 * forXx), tf.mul(pull(slopeXy, su, sv, false), forXy));
        const dv = tf.add(tf.mul(pull(slopeYy, sv, sv, false), 2 * forYy), tf.mul(pull(slopeXy, sv, su, true), forXy));
        return [tf.mul(dx, each), tf.mul(dv, each)];
      },
    };
  });
  return discrepancy(x, y) as tf.Tensor1D;
}

/**
 * k of all pairs and -dk/d|u - v|^2, both [B,n,m]; 0 on the diagonal where `distinct`. Several scales share the distances.
 */
function pairs(
  u: tf.Tensor3D,
  v: tf.Tensor3D,
  rates: readonly tf.Tensor[],
  distinct: boolean,
): { readonly kernel: tf.Tensor; readonly slope: tf.Tensor } {
  const distances = squaredDistances(u, v);
  const counted = distinct ? tf.sub(1, tf.eye(u.shape[1])) : tf.scalar(1);
  const [kernel, slope] = fused([distances, counted, ...rates], () => {
    const kernels = rates.map((rate) => tf.mul(tf.exp(tf.neg(tf.mul(distances, rate))), tf.div(counted, rates.length)));
    const slopes = kernels.map((one, i) => tf.mul(one, rates[i]));
    return [kernels.reduce((sum, one) => tf.add(sum, one)), slopes.reduce((sum, one) => tf.add(sum, one))];
  });
  return { kernel, slope };
}

const total = (kernel: tf.Tensor): tf.Tensor => tf.sum(kernel, [1, 2]);

/** sum_j d k(u_i, v_j) / d u_i = -2 sum_j slope_ij (u_i - v_j), [B,n,d]; with `transposed`, slope_ji. */
function pull(slope: tf.Tensor, u: tf.Tensor, v: tf.Tensor, transposed: boolean): tf.Tensor {
  const mass = tf.expandDims(tf.sum(slope, transposed ? 1 : 2), -1); // [B,n,1]
  return tf.mul(tf.sub(tf.matMul(slope as tf.Tensor3D, v as tf.Tensor3D, transposed), tf.mul(mass, u)), 2);
}

/** Over the quadruples (2i, 2i+1). [B,n,d], [B,n,d] -> [B] */
function linear(x: tf.Tensor3D, y: tf.Tensor3D, rates: readonly tf.Tensor[]): tf.Tensor1D {
  const [batch, n, d] = x.shape;
  const half = Math.floor(n / 2);
  const inPairs = (tokens: tf.Tensor3D): tf.Tensor[] =>
    tf.unstack(tf.reshape(tf.slice(tokens, 0, [batch, 2 * half, d]), [batch, half, 2, d]), 2);
  const [[x0, x1], [y0, y1]] = [inPairs(x), inPairs(y)];
  const kernel = (u: tf.Tensor, v: tf.Tensor): tf.Tensor => {
    const distances = tf.sum(tf.square(tf.sub(u, v)), -1, true); // [B,q,1]
    return tf.div(tf.addN(rates.map((rate) => tf.exp(tf.neg(tf.mul(distances, rate))))), rates.length);
  };
  const each = tf.sub(tf.add(kernel(x0, x1), kernel(y0, y1)), tf.add(kernel(x0, y1), kernel(x1, y0)));
  return tf.mean(each, [1, 2]);
}

/** Tokens floor(i n / k), i = 0..k-1, where there are more than k > 0. */
function everyFew(tokens: tf.Tensor3D, k: number): tf.Tensor3D {
  const [batch, n, d] = tokens.shape;
  if (k === 0 || n <= k) return tokens;
  const rows = Int32Array.from({ length: batch * k }, (_, row) => Math.floor(row / k) * n + Math.floor(((row % k) * n) / k));
  return tf.reshape(gatherRows(tf.reshape(tokens, [batch * n, d]), tf.tensor1d(rows, 'int32')), [batch, k, d]);
}

function checkOptions({ bandwidth, scales, maxTokens }: Required<Omit<GaussianMmd2Options, 'estimator'>>): void {
  if (typeof bandwidth === 'number' && !(bandwidth > 0 && bandwidth < Infinity))
    throw new RangeError(`gaussianMmd2: bandwidth must be positive, 'mean' or 'median', got ${bandwidth}`);
  if (scales.length === 0 || scales.some((scale) => !(scale > 0 && scale < Infinity)))
    throw new RangeError(`gaussianMmd2: scales must be one or more positive numbers, got [${scales}]`);
  if (!Number.isInteger(maxTokens) || maxTokens < 0)
    throw new RangeError(`gaussianMmd2: maxTokens must be a whole number, 0 for all, got ${maxTokens}`);
}

function checkCounts(estimator: string, n: number, m: number): void {
  const least = estimator === 'biased' ? 1 : 2;
  if (n < least || m < least)
    throw new RangeError(`gaussianMmd2: the ${estimator} estimator needs ${least} tokens of x and of y or more, got ${n} and ${m}`);
  if (estimator === 'linear' && n !== m)
    throw new RangeError(`gaussianMmd2: the linear estimator needs as many tokens of x as of y, got ${n} and ${m}`);
}
