import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, LayerNorm, linear, type Init } from '@rs/nn';
import { checkTaps } from './check-taps.js';
import { ClipBlock } from './clip-block.js';
import { interpolatePosEmbed } from './interpolate-pos-embed.js';

export interface ClipVisionEncoderConfig {
  readonly inputResolution: number; // pixels of the square that the positions are for
  readonly patchSize: number;
  readonly width: number; // W of the tokens
  readonly layers: number;
  readonly heads: number;
  readonly outputDim: number; // E of the joint space
  readonly taps?: readonly number[]; // blocks whose tokens are handed out, ascending; default none
}

/** Every token's embedding, class token first. */
export type DenseClipOutputs = {
  readonly tokens: tf.Tensor3D; // [B,1+N,E]
  readonly taps: tf.Tensor3D[]; // [B,1+N,W] each
};

/** The image's embedding. */
export type PooledClipOutputs = {
  readonly pooled: tf.Tensor2D; // [B,E]
  readonly taps: tf.Tensor3D[];
};

/** CLIP's image tower, a ViT (Radford et al. 2021), pooled or dense. */
export class ClipVisionEncoder {
  readonly classEmbedding: tf.Variable<tf.Rank.R1>; // [W]
  readonly positionalEmbedding: tf.Variable<tf.Rank.R2>; // [1+g^2,W]
  readonly proj: tf.Variable<tf.Rank.R2>; // [W,E]
  readonly conv1: Conv2d;
  readonly lnPre: LayerNorm;
  readonly transformer: { readonly resblocks: readonly ClipBlock[] };
  readonly lnPost: LayerNorm;
  readonly #config: ClipVisionEncoderConfig;

  constructor(config: ClipVisionEncoderConfig, init: Init) {
    const { inputResolution, patchSize, width, layers, heads, outputDim } = config;
    const grid = inputResolution / patchSize;
    if (!Number.isInteger(grid)) {
      throw new RangeError(`ClipVisionEncoder: inputResolution must be a multiple of patchSize (${patchSize}), got ${inputResolution}`);
    }
    checkTaps('ClipVisionEncoder', config.taps ?? [], layers);
    const fans = { fanIn: width, fanOut: outputDim };
    this.#config = config;
    this.classEmbedding = tf.tidy(() => tf.variable(init.weight([width], fans) as tf.Tensor1D));
    this.positionalEmbedding = tf.tidy(() => tf.variable(init.weight([1 + grid ** 2, width], fans) as tf.Tensor2D));
    this.proj = tf.tidy(() => tf.variable(init.weight([width, outputDim], fans) as tf.Tensor2D));
    this.conv1 = new Conv2d({ inChannels: 3, outChannels: width, kernelSize: patchSize, stride: patchSize, bias: false }, init);
    this.lnPre = new LayerNorm({ features: width });
    this.transformer = { resblocks: Array.from({ length: layers }, () => new ClipBlock({ width, heads }, init)) };
    this.lnPost = new LayerNorm({ features: width });
  }

  /**
   * @param x [B,H,W,3], normalised; of the configured resolution, with `dense` of any whose sides are equal multiples of the patch
   * @param options.dense the last block as its value path alone (see ClipBlock), and every token's embedding
   */
  call(x: tf.Tensor4D, options: { readonly dense: true }): DenseClipOutputs;
  call(x: tf.Tensor4D, options?: { readonly dense?: false }): PooledClipOutputs;
  call(x: tf.Tensor4D, { dense = false }: { readonly dense?: boolean } = {}): DenseClipOutputs | PooledClipOutputs {
    const { inputResolution, patchSize, width, taps = [] } = this.#config;
    const side = dense ? x.shape[1] : inputResolution;
    assertShape('ClipVisionEncoder: x', x, [null, side, side, 3]);
    if (side % patchSize !== 0) throw new RangeError(`ClipVisionEncoder: x must have sides of multiples of ${patchSize}, got [${x.shape}]`);
    return tf.tidy(() => {
      let tokens = this.embed(x);
      const { resblocks } = this.transformer;
      const tapped: tf.Tensor3D[] = [];
      resblocks.forEach((block, i) => {
        tokens = dense && i === resblocks.length - 1 ? block.callDense(tokens) : block.call(tokens);
        if (taps.includes(i)) tapped.push(tokens);
      });
      if (dense) return { tokens: linear({ x: this.lnPost.call(tokens), weight: this.proj }), taps: tapped };
      const classToken = tf.reshape(tf.slice3d(tokens, [0, 0, 0], [x.shape[0], 1, width]), [x.shape[0], width]) as tf.Tensor2D;
      return { pooled: linear({ x: this.lnPost.call(classToken), weight: this.proj }), taps: tapped };
    });
  }

  /** Patches row by row behind the class token, with their positions. */
  private embed(x: tf.Tensor4D): tf.Tensor3D {
    const { width } = this.#config;
    const patches = this.conv1.call(x);
    const [batch, rows, cols] = patches.shape;
    const classTokens = tf.tile(tf.reshape(this.classEmbedding, [1, 1, width]), [batch, 1, 1]) as tf.Tensor3D;
    const tokens = tf.concat([classTokens, tf.reshape(patches, [batch, rows * cols, width])], 1);
    const positions = interpolatePosEmbed<tf.Tensor2D>(this.positionalEmbedding, { style: 'clip', rows, cols });
    return this.lnPre.call(tf.add<tf.Tensor3D>(tokens, positions));
  }
}
