import * as tf from '@tensorflow/tfjs-core';
import { assertShape, avgPool2d, LayerNorm, Linear, resize, type Init } from '@rs/nn';
import { ClassAttention, type AttentionType, type PaddingTokens } from './class-attention.js';

export interface ClassAggregatorConfig {
  readonly hiddenDim: number; // C
  readonly guidanceDim: number; // G of the text guidance; 0: none
  readonly heads?: number; // default 4
  readonly attentionType?: AttentionType; // default linear
  readonly poolingSize?: readonly [number, number] | null; // classes meet at means over so many pixels; null: at each pixel; default [2,2]
  readonly padLen?: number; // fewer classes than this are filled up with learned tokens; default 256
}

/**
 * Aggregation over the classes at each position, Cho et al. 2024 (CAT-Seg), eq. (4), guided by the text: with y the pooled volume,
 *
 *     y' = y + attention(norm1(y), guidance),   y'' = y' + mlp(norm2(y')),   out = x + upsampled(y'')
 *
 * The filling tokens are all the same, and what becomes of them is not looked at: one takes part, and counts for all.
 */
export class ClassAggregator {
  readonly norm1: LayerNorm;
  readonly attention: ClassAttention;
  readonly norm2: LayerNorm;
  readonly MLP: { readonly 0: Linear; readonly 2: Linear };
  readonly paddingTokens?: tf.Variable<tf.Rank.R3>; // [1,1,C]
  readonly paddingGuidance?: tf.Variable<tf.Rank.R3>; // [1,1,G]
  readonly #config: Required<ClassAggregatorConfig>;

  constructor(config: ClassAggregatorConfig, init: Init) {
    const { hiddenDim, guidanceDim, heads = 4, attentionType = 'linear', poolingSize = [2, 2], padLen = 256 } = config;
    this.#config = { hiddenDim, guidanceDim, heads, attentionType, poolingSize, padLen };
    this.norm1 = new LayerNorm({ features: hiddenDim });
    this.attention = new ClassAttention({ hiddenDim, guidanceDim, heads, attentionType }, init);
    this.norm2 = new LayerNorm({ features: hiddenDim });
    this.MLP = {
      0: new Linear({ inFeatures: hiddenDim, outFeatures: 4 * hiddenDim }, init),
      2: new Linear({ inFeatures: 4 * hiddenDim, outFeatures: hiddenDim }, init),
    };
    const zeros = (size: number): tf.Variable<tf.Rank.R3> => tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R3>([1, 1, size])));
    if (padLen > 0) this.paddingTokens = zeros(hiddenDim);
    if (padLen > 0 && guidanceDim > 0) this.paddingGuidance = zeros(guidanceDim);
  }

  /**
   * @param x [B T,H,W,C]
   * @param batch B
   * @param guidance [B,T,G]; absent where there is none
   * @returns [B T,H,W,C]
   */
  call(x: tf.Tensor4D, batch: number, guidance?: tf.Tensor3D): tf.Tensor4D {
    const { hiddenDim, guidanceDim, poolingSize } = this.#config;
    assertShape('ClassAggregator: x', x, [null, null, null, hiddenDim]);
    const [volumes, height, width] = x.shape;
    const classes = volumes / batch;
    if (!Number.isInteger(classes)) throw new RangeError(`ClassAggregator: x must hold the classes of ${batch} images, got [${x.shape}]`);
    if (guidanceDim > 0 !== (guidance !== undefined)) {
      throw new Error(`ClassAggregator: guidance must be ${guidanceDim > 0 ? `given, ${guidanceDim} channels` : 'absent'}`);
    }
    if (guidance) assertShape('ClassAggregator: guidance', guidance, [batch, classes, guidanceDim]);
    return tf.tidy(() => {
      const pooled = poolingSize ? avgPool2d(x, { kernelSize: poolingSize, stride: poolingSize }) : x;
      const [, rows, columns] = pooled.shape;
      const swapped = (tokens: tf.Tensor, [first, second]: [number, number]): tf.Tensor =>
        tf.transpose(tf.reshape(tokens, [batch, first, second, hiddenDim]), [0, 2, 1, 3]);
      const sequences = tf.reshape(swapped(pooled, [classes, rows * columns]), [-1, classes, hiddenDim]) as tf.Tensor3D; // [B h w,T,C]
      const mixed = swapped(this.block(sequences, guidance), [rows * columns, classes]); // [B,T,h w,C]
      const maps = tf.reshape(mixed, [volumes, rows, columns, hiddenDim]) as tf.Tensor4D;
      return tf.add(x, resize(maps, { size: [height, width], mode: 'bilinear', alignCorners: true }));
    });
  }

  private block(x: tf.Tensor3D, guidance?: tf.Tensor3D): tf.Tensor3D {
    const padding = this.padding(x.shape[1]);
    const attended = tf.add<tf.Tensor3D>(x, this.attention.call({ x: this.norm1.call(x), guidance, padding }));
    const hidden = tf.relu(this.MLP[0].call(this.norm2.call(attended)));
    return tf.add(attended, this.MLP[2].call(hidden));
  }

  private padding(classes: number): PaddingTokens | undefined {
    const count = this.#config.padLen - classes;
    if (count <= 0 || !this.paddingTokens) return undefined;
    return { x: this.norm1.call(this.paddingTokens), guidance: this.paddingGuidance, count };
  }
}
