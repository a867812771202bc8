import * as tf from '@tensorflow/tfjs-core';
import { attend, Linear, splitHeads, type Init } from '@rs/nn';
import { guidedLinear } from './guided-linear.js';

export interface GuidedWindowAttentionConfig {
  readonly dim: number; // C
  readonly guidanceDim: number; // G; 0: no guidance
  readonly heads: number; // must divide dim
}

/** Attention among the tokens of a window, whose queries and keys see the guidance too; no position bias. Cho et al. 2024 (CAT-Seg), section 3.3. */
export class GuidedWindowAttention {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly proj: Linear;
  readonly #heads: number;

  constructor({ dim, guidanceDim, heads }: GuidedWindowAttentionConfig, init: Init) {
    if (dim % heads !== 0) throw new RangeError(`GuidedWindowAttention: heads must divide dim (${dim}), got ${heads}`);
    this.#heads = heads;
    this.q = new Linear({ inFeatures: dim + guidanceDim, outFeatures: dim }, init);
    this.k = new Linear({ inFeatures: dim + guidanceDim, outFeatures: dim }, init);
    this.v = new Linear({ inFeatures: dim, outFeatures: dim }, init);
    this.proj = new Linear({ inFeatures: dim, outFeatures: dim }, init);
  }

  /**
   * @param windows [B T windows,L,C]
   * @param guidance [B,windows L,G], the same for the T classes of an image
   * @param mask [B T windows,1,L,L], added to the logits
   * @returns [B T windows,L,C]
   */
  call(windows: tf.Tensor3D, guidance?: tf.Tensor3D, mask?: tf.Tensor4D): tf.Tensor3D {
    return tf.tidy(() => {
      const byHead = (x: tf.Tensor3D): tf.Tensor4D => splitHeads(x, this.#heads);
      const queries = byHead(guidedLinear(this.q, windows, guidance));
      const keys = byHead(guidedLinear(this.k, windows, guidance));
      return this.proj.call(attend({ queries, keys, values: byHead(this.v.call(windows)), mask }));
    });
  }
}
