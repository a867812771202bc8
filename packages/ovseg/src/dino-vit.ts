import * as tf from '@tensorflow/tfjs-core';
import { assertShape, attend, Conv2d, LayerNorm, Linear, Mlp, preNormBlock, splitQkv, type Init } from '@rs/nn';
import { checkTaps } from './check-taps.js';
import { interpolatePosEmbed } from './interpolate-pos-embed.js';

/** The defaults are those of ViT-B/8. */
export interface DinoViTConfig {
  readonly imgSize?: number; // pixels of the square that the positions are for; default 224
  readonly patchSize?: number; // default 8
  readonly embedDim?: number; // D; default 768
  readonly depth?: number; // blocks; default 12
  readonly numHeads?: number; // default 12
  readonly mlpRatio?: number; // hidden width of the MLPs / D; default 4
  readonly qkvBias?: boolean; // default true
  readonly taps?: readonly number[]; // blocks whose tokens are handed out, ascending; default [3,7,11]
}

const epsilon = 1e-6;

class DinoBlock {
  readonly norm1: LayerNorm;
  readonly attn: { readonly qkv: Linear; readonly proj: Linear };
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly #numHeads: number;

  constructor(
    { embedDim, numHeads, mlpRatio, qkvBias }: Required<Omit<DinoViTConfig, 'imgSize' | 'patchSize' | 'depth' | 'taps'>>,
    init: Init,
  ) {
    this.#numHeads = numHeads;
    this.norm1 = new LayerNorm({ features: embedDim, eps: epsilon });
    this.attn = {
      qkv: new Linear({ inFeatures: embedDim, outFeatures: 3 * embedDim, bias: qkvBias }, init),
      proj: new Linear({ inFeatures: embedDim, outFeatures: embedDim }, init),
    };
    this.norm2 = new LayerNorm({ features: embedDim, eps: epsilon });
    this.mlp = new Mlp({ dim: embedDim, hidden: Math.floor(embedDim * mlpRatio) }, init);
  }

  call(x: tf.Tensor3D): tf.Tensor3D {
    const attention = (tokens: tf.Tensor3D): tf.Tensor3D =>
      this.attn.proj.call(attend(splitQkv(this.attn.qkv.call(tokens), this.#numHeads)));
    return preNormBlock(x, { norm1: this.norm1, attention, norm2: this.norm2, mlp: this.mlp });
  }
}

/** DINO's ViT, Caron et al. 2021, for images of any number of patches. */
export class DinoViT {
  readonly clsToken: tf.Variable<tf.Rank.R3>; // [1,1,D]
  readonly posEmbed: tf.Variable<tf.Rank.R3>; // [1,1+n^2,D]
  readonly patchEmbed: { readonly proj: Conv2d };
  readonly blocks: readonly DinoBlock[];
  readonly norm: LayerNorm;
  readonly #patchSize: number;
  readonly #taps: readonly number[];

  constructor(config: DinoViTConfig, init: Init) {
    const { imgSize = 224, patchSize = 8, embedDim = 768, depth = 12, numHeads = 12, mlpRatio = 4, qkvBias = true } = config;
    const grid = imgSize / patchSize;
    if (!Number.isInteger(grid)) throw new RangeError(`DinoViT: imgSize must be a multiple of patchSize (${patchSize}), got ${imgSize}`);
    if (embedDim % numHeads !== 0) throw new RangeError(`DinoViT: numHeads must divide embedDim (${embedDim}), got ${numHeads}`);
    const weight = (tokens: number): tf.Variable<tf.Rank.R3> =>
      tf.tidy(() => tf.variable(init.weight([1, tokens, embedDim], { fanIn: embedDim, fanOut: embedDim }) as tf.Tensor3D));
    this.#patchSize = patchSize;
    this.#taps = config.taps ?? [3, 7, 11];
    checkTaps('DinoViT', this.#taps, depth);
    this.clsToken = weight(1);
    this.posEmbed = weight(1 + grid ** 2);
    this.patchEmbed = { proj: new Conv2d({ inChannels: 3, outChannels: embedDim, kernelSize: patchSize, stride: patchSize }, init) };
    this.blocks = Array.from({ length: depth }, () => new DinoBlock({ embedDim, numHeads, mlpRatio, qkvBias }, init));
    this.norm = new LayerNorm({ features: embedDim, eps: epsilon });
  }

  /** [B,H,W,3], sides multiples of the patch -> norm(tokens) of each tapped block, class token first: [B,1+N,D] each. Blocks after the last do not run. */
  call(x: tf.Tensor4D): tf.Tensor3D[] {
    assertShape('DinoViT: x', x, [null, null, null, 3]);
    if (x.shape[1] % this.#patchSize !== 0 || x.shape[2] % this.#patchSize !== 0) {
      throw new RangeError(`DinoViT: x must have sides of multiples of ${this.#patchSize}, got [${x.shape}]`);
    }
    return tf.tidy(() => {
      let tokens = this.embed(x);
      const tapped: tf.Tensor3D[] = [];
      this.blocks.slice(0, Math.max(-1, ...this.#taps) + 1).forEach((block, i) => {
        const before = tokens;
        tokens = block.call(before);
        before.dispose();
        if (this.#taps.includes(i)) tapped.push(this.norm.call(tokens));
      });
      return tapped;
    });
  }

  private embed(x: tf.Tensor4D): tf.Tensor3D {
    const patches = this.patchEmbed.proj.call(x);
    const [batch, rows, cols, embedDim] = patches.shape;
    const classTokens = tf.tile(this.clsToken as tf.Tensor3D, [batch, 1, 1]);
    const tokens = tf.concat([classTokens, tf.reshape(patches, [batch, rows * cols, embedDim])], 1);
    return tf.add(tokens, interpolatePosEmbed<tf.Tensor3D>(this.posEmbed, { style: 'dino', rows, cols }));
  }
}
