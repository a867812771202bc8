import * as tf from '@tensorflow/tfjs-core';
import {
  attend,
  Conv2d,
  dropPath,
  gelu,
  kaimingNormalInit,
  LayerNorm,
  Linear,
  splitHeads,
  truncatedNormalInit,
  type Init,
  type Mode,
  type Random,
} from '@rs/nn';
import { paddedConv } from './padded-conv.js';

type PerStage<T> = readonly [T, T, T, T];

export interface MixTransformerConfig {
  readonly inChannels: number;
  readonly dims: PerStage<number>; // channels of each stage
  readonly depths: PerStage<number>; // blocks of each stage
  readonly numHeads: PerStage<number>; // must divide dims
  readonly srRatios?: PerStage<number>; // keys and values are taken from a map so many times smaller; default 8, 4, 2, 1
  readonly mlpRatio?: number; // default 4
  readonly dropPathRate?: number; // of the last block, rising linearly from 0; default 0.1
}

/** The size of a mix transformer, without its bands. */
export type MixTransformerSize = Omit<MixTransformerConfig, 'inChannels'>;

const wide = { dims: [64, 128, 320, 512], numHeads: [1, 2, 5, 8] } as const;

/** Published sizes, Xie et al. 2021, table 6: b2 is CMX's, b4 is CloudSeg's. */
export const mixTransformerVariants = {
  b0: { dims: [32, 64, 160, 256], numHeads: [1, 2, 5, 8], depths: [2, 2, 2, 2] },
  b2: { ...wide, depths: [3, 4, 6, 3] },
  b4: { ...wide, depths: [3, 8, 27, 3] },
} as const satisfies Record<string, MixTransformerSize>;

/** First values as published: linear layers normal with std 0.02 cut at +-2, convolutions He normal (here by fan-in, there by fan-out). */
export function mixTransformerInit(random: Random): Init {
  const linear = truncatedNormalInit(random, { std: 0.02 });
  const conv = kaimingNormalInit(random);
  return {
    weight: (shape, fans) => (shape.length === 2 ? linear : conv).weight(shape, fans),
    bias: (shape, fans) => conv.bias(shape, fans),
  };
}

/**
 * Mix transformer, the encoder of SegFormer, Xie et al. 2021, section 3.1: four stages of overlapping patches, attention with shrunk keys
 * and values, and a depthwise convolution in the feed-forward part instead of position codes. Names of parameters are the published ones.
 * Patches and layer norms inside an attention have eps 1e-5, the norms of blocks and stages 1e-6.
 */
export class MixTransformer {
  readonly patchEmbed1: PatchEmbed;
  readonly block1: readonly Block[];
  readonly norm1: LayerNorm;
  readonly patchEmbed2: PatchEmbed;
  readonly block2: readonly Block[];
  readonly norm2: LayerNorm;
  readonly patchEmbed3: PatchEmbed;
  readonly block3: readonly Block[];
  readonly norm3: LayerNorm;
  readonly patchEmbed4: PatchEmbed;
  readonly block4: readonly Block[];
  readonly norm4: LayerNorm;
  readonly dims: PerStage<number>;

  constructor(config: MixTransformerConfig, init: Init) {
    const { inChannels, dims, depths, numHeads, srRatios = [8, 4, 2, 1], mlpRatio = 4, dropPathRate = 0.1 } = config;
    const total = depths.reduce((sum, depth) => sum + depth);
    const rate = (index: number): number => (total > 1 ? (dropPathRate * index) / (total - 1) : 0);
    const embed = (stage: number): PatchEmbed =>
      new PatchEmbed({ inChannels: stage === 0 ? inChannels : dims[stage - 1], dim: dims[stage], first: stage === 0 }, init);
    const blocks = (stage: number): Block[] => {
      const first = depths.slice(0, stage).reduce((sum, depth) => sum + depth, 0);
      const size = { dim: dims[stage], numHeads: numHeads[stage], srRatio: srRatios[stage], mlpRatio };
      return Array.from({ length: depths[stage] }, (_, i) => new Block({ ...size, dropPathRate: rate(first + i) }, init));
    };
    const norm = (stage: number): LayerNorm => new LayerNorm({ features: dims[stage], eps: 1e-6 });
    this.dims = dims;
    [this.patchEmbed1, this.block1, this.norm1] = [embed(0), blocks(0), norm(0)];
    [this.patchEmbed2, this.block2, this.norm2] = [embed(1), blocks(1), norm(1)];
    [this.patchEmbed3, this.block3, this.norm3] = [embed(2), blocks(2), norm(2)];
    [this.patchEmbed4, this.block4, this.norm4] = [embed(3), blocks(3), norm(3)];
  }

  /** The features of one stage (index 0..3) from those before it, the image at first: [N,H,W,C] -> [N,h,w,dims[index]], h = ceil(H/4), else ceil(H/2). */
  stage(index: number, x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const [embed, blocks, norm] = (
      [
        [this.patchEmbed1, this.block1, this.norm1],
        [this.patchEmbed2, this.block2, this.norm2],
        [this.patchEmbed3, this.block3, this.norm3],
        [this.patchEmbed4, this.block4, this.norm4],
      ] as const
    )[index];
    return tf.tidy(() => norm.call(blocks.reduce((features, block) => block.call(features, mode), embed.call(x))));
  }
}

/** Overlapping patches: convolution 7x7 stride 4 on the image, 3x3 stride 2 on features; then layer norm. */
class PatchEmbed {
  readonly proj: Conv2d;
  readonly norm: LayerNorm;

  constructor({ inChannels, dim, first }: { inChannels: number; dim: number; first: boolean }, init: Init) {
    const [kernelSize, stride] = first ? [7, 4] : [3, 2];
    this.proj = paddedConv({ inChannels, outChannels: dim, kernelSize, stride }, init);
    this.norm = new LayerNorm({ features: dim });
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    return this.norm.call(this.proj.call(x));
  }
}

interface BlockConfig {
  readonly dim: number;
  readonly numHeads: number;
  readonly srRatio: number;
  readonly mlpRatio: number;
  readonly dropPathRate: number;
}

/** x' = x + attn(norm1 x), y = x' + mlp(norm2 x'); in training whole branches are dropped for some samples. */
class Block {
  readonly norm1: LayerNorm;
  readonly attn: ShrunkAttention;
  readonly norm2: LayerNorm;
  readonly mlp: MixFeedForward;
  readonly #rate: number;

  constructor({ dim, numHeads, srRatio, mlpRatio, dropPathRate }: BlockConfig, init: Init) {
    this.norm1 = new LayerNorm({ features: dim, eps: 1e-6 });
    this.attn = new ShrunkAttention({ dim, numHeads, srRatio }, init);
    this.norm2 = new LayerNorm({ features: dim, eps: 1e-6 });
    this.mlp = new MixFeedForward(dim, mlpRatio * dim, init);
    this.#rate = dropPathRate;
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const dropped = (branch: tf.Tensor4D): tf.Tensor4D => dropPath(branch, { rate: this.#rate, mode });
    return tf.tidy(() => {
      const attended = tf.add<tf.Tensor4D>(x, dropped(this.attn.call(this.norm1.call(x))));
      return tf.add<tf.Tensor4D>(attended, dropped(this.mlp.call(this.norm2.call(attended))));
    });
  }
}

/** Attention of all pixels to a map srRatio times smaller, Wang et al. 2021; SegFormer, eq. (2). */
class ShrunkAttention {
  readonly q: Linear;
  readonly kv: Linear;
  readonly proj: Linear;
  readonly sr?: Conv2d;
  readonly norm?: LayerNorm;
  readonly #numHeads: number;

  constructor({ dim, numHeads, srRatio }: { dim: number; numHeads: number; srRatio: number }, init: Init) {
    if (dim % numHeads !== 0) throw new RangeError(`MixTransformer: numHeads must divide dims, got ${numHeads} for ${dim}`);
    this.q = new Linear({ inFeatures: dim, outFeatures: dim }, init);
    this.kv = new Linear({ inFeatures: dim, outFeatures: 2 * dim }, init);
    this.proj = new Linear({ inFeatures: dim, outFeatures: dim }, init);
    if (srRatio > 1) {
      this.sr = new Conv2d({ inChannels: dim, outChannels: dim, kernelSize: srRatio, stride: srRatio }, init);
      this.norm = new LayerNorm({ features: dim });
    }
    this.#numHeads = numHeads;
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    const channels = x.shape[3];
    const heads = (map: tf.Tensor4D): tf.Tensor4D => splitHeads(tf.reshape(map, [x.shape[0], -1, channels]), this.#numHeads);
    const shrunk = this.sr && this.norm ? this.norm.call(this.sr.call(x)) : x;
    const [keys, values] = tf.split<tf.Tensor4D>(this.kv.call(shrunk), 2, -1);
    const mixed = attend({ queries: heads(this.q.call(x)), keys: heads(keys), values: heads(values) }); // [N,L,C]
    return tf.reshape(this.proj.call(mixed), x.shape);
  }
}

/** fc2(gelu(dwconv(fc1 x))), SegFormer, eq. (3). */
class MixFeedForward {
  readonly fc1: Linear;
  readonly dwconv: { readonly dwconv: Conv2d };
  readonly fc2: Linear;

  constructor(dim: number, hidden: number, init: Init) {
    this.fc1 = new Linear({ inFeatures: dim, outFeatures: hidden }, init);
    this.dwconv = { dwconv: new Conv2d({ inChannels: hidden, outChannels: hidden, kernelSize: 3, padding: 1, groups: hidden }, init) };
    this.fc2 = new Linear({ inFeatures: hidden, outFeatures: dim }, init);
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    return this.fc2.call(gelu(this.dwconv.dwconv.call(this.fc1.call(x))));
  }
}
