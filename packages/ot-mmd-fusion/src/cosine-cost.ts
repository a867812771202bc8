import * as tf from '@tensorflow/tfjs-core';
import { assertPositive, assertTokenPair } from './assert-inputs.js';

export interface CosineCostOptions {
  readonly eps?: number; // least norm that a token is divided by, above 0; default 1e-8
}

/**
 * Cosine distance of every pair of tokens, in [0, 2] up to rounding:
 *
 *     cost_ij = 1 - <x_i, y_j> / (max(|x_i|, eps) max(|y_j|, eps))
 *
 * A token of zeros costs 1 to every other, and its gradient is finite.
 *
 * @param x [B,n,d]
 * @param y [B,m,d]
 * @returns [B,n,m]
 * @throws RangeError when x or y has no token, their batch or features differ, or eps is not above 0
 */
export function cosineCost(x: tf.Tensor3D, y: tf.Tensor3D, { eps = 1e-8 }: CosineCostOptions = {}): tf.Tensor3D {
  assertTokenPair(['cosineCost: x', x], ['cosineCost: y', y]);
  assertPositive('cosineCost: eps', eps);
  return tf.tidy(() => tf.sub<tf.Tensor3D>(1, tf.matMul(directions(x, eps), directions(y, eps), false, true)));
}

/** Tokens divided by their norm, or by eps where that is larger; there the norm gets no gradient. */
export function directions(tokens: tf.Tensor3D, eps: number): tf.Tensor3D {
  const squaredNorm = tf.maximum(tf.sum(tf.square(tokens), -1, true), Math.max(eps * eps, smallestNormal)); // [B,n,1]
  return tf.mul(tokens, tf.rsqrt(squaredNorm));
}

const smallestNormal = 2 ** -126; // of float32: the square of an eps below 1e-19 would be 0
