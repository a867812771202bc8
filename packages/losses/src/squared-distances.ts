import * as tf from '@tensorflow/tfjs-core';
import { fused } from '@rs/nn';

/**
 * |u_i - v_j|^2 as |u_i|^2 + |v_j|^2 - 2 <u_i, v_j>, not below 0. Centre both before: what is far from 0 loses digits.
 *
 * @param u [B,n,d]
 * @param v [B,m,d]
 * @returns [B,n,m]
 */
export function squaredDistances(u: tf.Tensor3D, v: tf.Tensor3D): tf.Tensor3D {
  const lengthOfU = tf.sum(tf.square(u), -1, true); // [B,n,1]
  const lengthOfV = tf.reshape(tf.sum(tf.square(v), -1), [v.shape[0], 1, v.shape[1]]); // [B,1,m]
  const products = tf.matMul(u, v, false, true); // [B,n,m]
  return fused([products, lengthOfU, lengthOfV], () => [
    tf.relu(tf.sub(tf.add(lengthOfU, lengthOfV), tf.mul(products, 2))),
  ])[0] as tf.Tensor3D;
}
