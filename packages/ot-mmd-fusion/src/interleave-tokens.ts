import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';

/**
 * Two token sequences as one, p_1, g_1, p_2, g_2, ...
 *
 * @param p [B,n,d]
 * @param g [B,n,d]
 * @returns [B,2n,d]
 * @throws RangeError when g does not have the shape of p
 */
export function interleaveTokens(p: tf.Tensor3D, g: tf.Tensor3D): tf.Tensor3D {
  assertShape('interleaveTokens: p', p, [null, null, null]);
  assertShape('interleaveTokens: g', g, p.shape);
  const [batch, length, features] = p.shape;
  return tf.tidy(() => tf.reshape(tf.stack([p, g], 2), [batch, 2 * length, features]));
}

/**
 * The exact inverse of {@link interleaveTokens}: even places are p, odd places g.
 *
 * @param tokens [B,2n,d]
 * @throws RangeError when the number of tokens is odd
 */
export function deinterleaveTokens(tokens: tf.Tensor3D): { readonly p: tf.Tensor3D; readonly g: tf.Tensor3D } {
  assertShape('deinterleaveTokens: tokens', tokens, [null, null, null]);
  const [batch, length, features] = tokens.shape;
  if (length % 2 !== 0) throw new RangeError(`deinterleaveTokens: tokens must be an even number, got ${length}`);
  return tf.tidy(() => {
    const [p, g] = tf.unstack(tf.reshape(tokens, [batch, length / 2, 2, features]), 2) as tf.Tensor3D[];
    return { p, g };
  });
}
