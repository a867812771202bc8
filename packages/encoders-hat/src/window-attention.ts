import * as tf from '@tensorflow/tfjs-core';
import { assertShape, joinHeads, Linear, softmax, type Init } from '@rs/nn';
import { PosEmbMLPSwinv2D } from './pos-emb-mlp-swinv2d.js';

export interface WindowAttentionConfig {
  readonly dim: number; // C
  readonly numHeads: number; // must divide dim
  readonly qkvBias?: boolean; // default true
  readonly resolution: number; // side of the window
}

/**
 * Multi-head attention among the tokens of a window, Liu et al. 2021 (Swin Transformer), eq. (4), d = C / heads:
 *
 *     y = proj(softmax(q k^T / sqrt(d) + bias) v)
 */
export class WindowAttention {
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly posEmbFunct: PosEmbMLPSwinv2D;
  readonly #numHeads: number;
  readonly #resolution: number;

  constructor({ dim, numHeads, qkvBias = true, resolution }: WindowAttentionConfig, init: Init) {
    if (dim % numHeads !== 0) throw new RangeError(`WindowAttention: numHeads must divide dim (${dim}), got ${numHeads}`);
    this.#numHeads = numHeads;
    this.#resolution = resolution;
    this.qkv = new Linear({ inFeatures: dim, outFeatures: 3 * dim, bias: qkvBias }, init);
    this.proj = new Linear({ inFeatures: dim, outFeatures: dim }, init);
    this.posEmbFunct = new PosEmbMLPSwinv2D({ windowSize: [resolution, resolution], numHeads }, init);
  }

  /**
   * [B,M,C] -> [B,M,C]; the window's tokens are the last resolution^2
   *
   * @param resolution side of the window, where it is not the configured one
   */
  call(x: tf.Tensor3D, resolution = this.#resolution): tf.Tensor3D {
    const [batch, tokens] = x.shape;
    const dim = this.proj.weight.shape[0];
    assertShape('WindowAttention: x', x, [null, null, dim]);
    const width = dim / this.#numHeads;
    return tf.tidy(() => {
      const qkv = tf.reshape(this.qkv.call(x), [batch, tokens, 3, this.#numHeads, width]);
      const byHead = tf.reshape(tf.transpose(qkv, [2, 0, 3, 1, 4]), [3 * batch, this.#numHeads, tokens, width]);
      const [q, k, v] = tf.split(byHead, 3) as tf.Tensor4D[]; // [B,heads,M,d]
      const logits = tf.matMul<tf.Tensor4D>(tf.mul(q, width ** -0.5), k, false, true); // [B,heads,M,M]
      const values = tf.matMul<tf.Tensor4D>(softmax(this.posEmbFunct.call(logits, [resolution, resolution])), v); // [B,heads,M,d]
      return this.proj.call(joinHeads(values));
    });
  }
}
