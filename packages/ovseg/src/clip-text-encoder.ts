import * as tf from '@tensorflow/tfjs-core';
import { assertShape, causalMask, gatherRows, LayerNorm, linear, type Init } from '@rs/nn';
import { ClipBlock } from './clip-block.js';

export interface ClipTextEncoderConfig {
  readonly embedDim: number; // E of the joint space
  readonly contextLength: number; // L ids a text
  readonly vocabSize: number;
  readonly width: number; // W of the tokens
  readonly heads: number;
  readonly layers: number;
}

/** CLIP's text tower, Radford et al. 2021: a causal transformer, read at the end of the text. */
export class ClipTextEncoder {
  readonly positionalEmbedding: tf.Variable<tf.Rank.R2>; // [L,W]
  readonly textProjection: tf.Variable<tf.Rank.R2>; // [W,E]
  readonly transformer: { readonly resblocks: readonly ClipBlock[] };
  readonly tokenEmbedding: { readonly weight: tf.Variable<tf.Rank.R2> }; // [V,W]
  readonly lnFinal: LayerNorm;

  constructor({ embedDim, contextLength, vocabSize, width, heads, layers }: ClipTextEncoderConfig, init: Init) {
    const fans = { fanIn: width, fanOut: embedDim };
    const weight = (shape: [number, number]): tf.Variable<tf.Rank.R2> =>
      tf.tidy(() => tf.variable(init.weight(shape, fans) as tf.Tensor2D));
    this.positionalEmbedding = weight([contextLength, width]);
    this.textProjection = weight([width, embedDim]);
    this.transformer = { resblocks: Array.from({ length: layers }, () => new ClipBlock({ width, heads }, init)) };
    this.tokenEmbedding = { weight: weight([vocabSize, width]) };
    this.lnFinal = new LayerNorm({ features: width });
  }

  /** ids int32 [T,L], the largest of each row at the end of its text -> [T,E], not normalised */
  call(ids: tf.Tensor2D): tf.Tensor2D {
    const [length, width] = this.positionalEmbedding.shape;
    assertShape('ClipTextEncoder: ids', ids, [null, length]);
    const [texts] = ids.shape;
    return tf.tidy(() => {
      const embedded = gatherRows(this.tokenEmbedding.weight, tf.reshape(ids, [texts * length]) as tf.Tensor1D);
      const mask = causalMask(length);
      const start = tf.add<tf.Tensor3D>(tf.reshape(embedded, [texts, length, width]), this.positionalEmbedding);
      const tokens = this.lnFinal.call(this.transformer.resblocks.reduce((x, block) => block.call(x, mask), start));
      const last = tf.add(tf.argMax(ids, 1), tf.range(0, texts * length, length, 'int32')) as tf.Tensor1D;
      const ends = gatherRows(tf.reshape(tokens, [texts * length, width]) as tf.Tensor2D, last);
      return linear({ x: ends, weight: this.textProjection });
    });
  }
}
