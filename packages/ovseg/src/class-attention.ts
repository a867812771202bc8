import * as tf from '@tensorflow/tfjs-core';
import { attend, joinHeads, Linear, splitHeads, type Init } from '@rs/nn';
import { assertOneOf } from './assert-one-of.js';
import { guidedLinear } from './guided-linear.js';

export type AttentionType = 'linear' | 'full';

export interface ClassAttentionConfig {
  readonly hiddenDim: number; // C
  readonly guidanceDim: number; // G; 0: none
  readonly heads: number; // must divide hiddenDim
  readonly attentionType: AttentionType;
}

export interface ClassAttentionInputs {
  readonly x: tf.Tensor3D; // [B R,T,C], the classes of R positions of each image
  readonly guidance?: tf.Tensor3D; // [B,T,G]
  readonly padding?: PaddingTokens;
}

/** One more token that every class looks at, as if it were there `count` times. */
export interface PaddingTokens {
  readonly x: tf.Tensor3D; // [1,1,C]
  readonly guidance?: tf.Tensor3D; // [1,1,G]
  readonly count: number; // at least 1
}

/**
 * Attention among the classes at a position, queries and keys guided by the text. Linear, Katharopoulos et al. 2020, eq. (5):
 *
 *     y_l = sum_s phi(q_l) phi(k_s) v_s / (phi(q_l) sum_s phi(k_s) + 1e-6),    phi = elu + 1
 *
 * or full: softmax over s of q k / sqrt(d).
 */
export class ClassAttention {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly #heads: number;
  readonly #type: AttentionType;

  constructor({ hiddenDim, guidanceDim, heads, attentionType }: ClassAttentionConfig, init: Init) {
    assertOneOf('ClassAttention: attentionType', attentionType, ['linear', 'full']);
    if (hiddenDim % heads !== 0) throw new RangeError(`ClassAttention: heads must divide hiddenDim (${hiddenDim}), got ${heads}`);
    this.#heads = heads;
    this.#type = attentionType;
    this.q = new Linear({ inFeatures: hiddenDim + guidanceDim, outFeatures: hiddenDim }, init);
    this.k = new Linear({ inFeatures: hiddenDim + guidanceDim, outFeatures: hiddenDim }, init);
    this.v = new Linear({ inFeatures: hiddenDim, outFeatures: hiddenDim }, init);
  }

  /** [B R,T,C] */
  call({ x, guidance, padding }: ClassAttentionInputs): tf.Tensor3D {
    return tf.tidy(() => {
      const [positions] = x.shape;
      const withPadding = (real: tf.Tensor3D, padded?: tf.Tensor3D): tf.Tensor3D =>
        padded ? tf.concat([real, tf.tile(padded, [positions, 1, 1])], 1) : real;
      const keys = withPadding(guidedLinear(this.k, x, guidance), padding && guidedLinear(this.k, padding.x, padding.guidance));
      const values = withPadding(this.v.call(x), padding && this.v.call(padding.x));
      const byHead = {
        queries: splitHeads(guidedLinear(this.q, x, guidance), this.#heads),
        keys: splitHeads(keys, this.#heads),
        values: splitHeads(values, this.#heads),
      };
      return this.#type === 'linear' ? linearAttention(byHead, padding?.count) : fullAttention(byHead, padding?.count);
    });
  }
}

/** By head: [N,heads,T,d], and [N,heads,S,d] for keys and values. */
interface ByHead {
  readonly queries: tf.Tensor4D;
  readonly keys: tf.Tensor4D;
  readonly values: tf.Tensor4D;
}

/** The last key counts `count` times. */
function linearAttention({ queries, keys, values }: ByHead, count = 1): tf.Tensor3D {
  const phi = (x: tf.Tensor4D): tf.Tensor4D => tf.add(tf.elu(x), 1);
  const counted = count === 1 ? phi(keys) : tf.mul<tf.Tensor4D>(phi(keys), lastOf(keys.shape[2], count, 1));
  const positive = phi(queries);
  const mixed = tf.matMul(positive, tf.matMul<tf.Tensor4D>(counted, values, true, false)); // [N,heads,T,d]
  const total = tf.sum(tf.mul(positive, tf.sum(counted, 2, true)), -1, true); // [N,heads,T,1]
  return joinHeads(tf.div(mixed, tf.add(total, 1e-6)));
}

/** A key that is there n times weighs as one whose logit is larger by log n. */
function fullAttention({ queries, keys, values }: ByHead, count = 1): tf.Tensor3D {
  const mask = count === 1 ? undefined : tf.tile(tf.reshape(lastOf(keys.shape[2], Math.log(count), 0), [1, -1]), [queries.shape[2], 1]);
  return attend({ queries, keys, values, mask: mask as tf.Tensor2D | undefined });
}

/** [length,1]: `value` at the end, `others` before it. */
const lastOf = (length: number, value: number, others: number): tf.Tensor2D =>
  tf.tensor2d(new Float32Array(length).fill(others).fill(value, length - 1), [length, 1]);
