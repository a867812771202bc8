import * as tf from '@tensorflow/tfjs-core';
import { LayerNorm, Linear, MultiHeadAttention, preNormBlock, quickGelu, type Init } from '@rs/nn';

export interface ClipBlockConfig {
  readonly width: number; // C
  readonly heads: number; // must divide width
}

/** A block of CLIP's transformers, Radford et al. 2021: norms before the branches, QuickGELU, one weight each for queries, keys and values. */
export class ClipBlock {
  readonly attn: MultiHeadAttention;
  readonly ln_1: LayerNorm;
  readonly mlp: { readonly cFc: Linear; readonly cProj: Linear };
  readonly ln_2: LayerNorm;

  constructor({ width, heads }: ClipBlockConfig, init: Init) {
    this.attn = new MultiHeadAttention({ embedDim: width, numHeads: heads, projections: 'split' }, init);
    this.ln_1 = new LayerNorm({ features: width });
    this.mlp = {
      cFc: new Linear({ inFeatures: width, outFeatures: 4 * width }, init),
      cProj: new Linear({ inFeatures: 4 * width, outFeatures: width }, init),
    };
    this.ln_2 = new LayerNorm({ features: width });
  }

  /** [N,L,C] -> [N,L,C]; mask [L,L] is added to the attention's logits */
  call(x: tf.Tensor3D, mask?: tf.Tensor2D): tf.Tensor3D {
    const attention = (tokens: tf.Tensor3D): tf.Tensor3D => this.attn.call(tokens, mask);
    const mlp = { call: (tokens: tf.Tensor3D): tf.Tensor3D => this.feed(tokens) };
    return preNormBlock(x, { norm1: this.ln_1, attention, norm2: this.ln_2, mlp });
  }

  /**
   * The value path alone, which keeps tokens local; as the released MM-OVSeg has it, with the class token x_0 in place of the residual:
   *
   *     v = x_0 + values(ln_1(x)),   y = v + mlp(ln_2(v))
   */
  callDense(x: tf.Tensor3D): tf.Tensor3D {
    const [batch, , channels] = x.shape;
    return tf.tidy(() => {
      const classToken = tf.slice3d(x, [0, 0, 0], [batch, 1, channels]);
      const values = tf.add<tf.Tensor3D>(this.attn.callValues(this.ln_1.call(x)), classToken);
      return tf.add(values, this.feed(this.ln_2.call(values)));
    });
  }

  private feed(x: tf.Tensor3D): tf.Tensor3D {
    return this.mlp.cProj.call(quickGelu(this.mlp.cFc.call(x)));
  }
}
