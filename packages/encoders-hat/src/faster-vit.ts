import * as tf from '@tensorflow/tfjs-core';
import { assertShape, BatchNorm2d, LayerNorm2d, Linear, torchInit, truncatedNormalInit, type Mode, type Random } from '@rs/nn';
import { HatLayer, type EncoderInit } from './hat-layer.js';
import { PatchEmbed } from './patch-embed.js';

type PerStage<T> = readonly [T, T, T, T];

export interface FasterViTConfig {
  readonly dim: number; // channels of stage 1; doubled from stage to stage
  readonly inDim: number; // channels between the convolutions of the stem
  readonly depths: PerStage<number>; // blocks
  readonly numHeads: PerStage<number>;
  readonly windowSize: PerStage<number>;
  readonly ctSize: number; // carrier tokens along the side of a window
  readonly mlpRatio: number;
  readonly resolution: readonly [number, number]; // [H, W] of the images; calls may bring others
  readonly inChans?: number; // channels of the images; default 3
  readonly numClasses?: number; // 0: no head; default 0
  readonly hat: PerStage<boolean>; // whether the stage has carrier tokens (stages 1 and 2 are convolutional and have none)
  readonly layerScale?: number | null; // of attention blocks; default null
  readonly layerScaleConv?: number | null; // of convolutional blocks; default null
  readonly doPropagation?: boolean; // default false
  readonly layerNormLast?: boolean; // layer norm instead of batch norm after stage 4; default false
  readonly dropPathRate?: number; // of the last block; the others rise to it linearly from 0; default 0
  readonly qkvBias?: boolean; // default true
  readonly recompute?: boolean; // blocks are computed again in the backward pass instead of kept: less memory, more time; default false
}

/** Features fine to coarse, strides 4, 8, 16, 32; sizes are rounded up. */
export type FasterViTOutputs = {
  readonly stage1: tf.Tensor4D; // [N,ceil(H/4),ceil(W/4),dim]
  readonly stage2: tf.Tensor4D; // [N,ceil(H/8),ceil(W/8),2 dim]
  readonly stage3: tf.Tensor4D; // [N,ceil(H/16),ceil(W/16),4 dim]
  readonly stage4: tf.Tensor4D; // [N,ceil(H/32),ceil(W/32),8 dim], after the norm
  readonly logits?: tf.Tensor2D; // [N,numClasses], with a head
};

/** First values of the published network: linear layers normal with std 0.02 cut at +-2, convolutions PyTorch's default. */
export function fasterVitInit(random: Random): EncoderInit {
  return { linear: truncatedNormalInit(random, { std: 0.02 }), conv: torchInit(random) };
}

/** FasterViT, Hatamizadeh et al. 2024: two convolutional stages, then two of attention in windows, the third with carrier tokens. */
export class FasterViT {
  readonly patchEmbed: PatchEmbed;
  readonly levels: PerStage<HatLayer>;
  readonly norm: BatchNorm2d | LayerNorm2d;
  readonly head?: Linear;
  readonly #inChans: number;

  constructor(config: FasterViTConfig, init: EncoderInit) {
    const { dim, inDim, depths, inChans = 3, numClasses = 0, layerNormLast = false, dropPathRate = 0 } = config;
    this.#inChans = inChans;
    const blocks = depths.reduce((sum, depth) => sum + depth);
    const rates = Array.from({ length: blocks }, (_, i) => (blocks > 1 ? (dropPathRate * i) / (blocks - 1) : 0)); // linspace
    const level = (stage: number): HatLayer => {
      const first = depths.slice(0, stage).reduce((sum, depth) => sum + depth, 0);
      return new HatLayer(
        {
          dim: dim * 2 ** stage,
          depth: depths[stage],
          inputResolution: [Math.ceil(config.resolution[0] / 2 ** (stage + 2)), Math.ceil(config.resolution[1] / 2 ** (stage + 2))],
          numHeads: config.numHeads[stage],
          windowSize: config.windowSize[stage],
          ctSize: config.ctSize,
          conv: stage < 2,
          downsample: stage < 3,
          mlpRatio: config.mlpRatio,
          qkvBias: config.qkvBias,
          layerScale: config.layerScale,
          layerScaleConv: config.layerScaleConv,
          onlyLocal: !config.hat[stage],
          doPropagation: config.doPropagation,
          recompute: config.recompute,
          dropPathRates: rates.slice(first, first + depths[stage]),
        },
        init,
      );
    };
    const channels = 8 * dim;
    this.patchEmbed = new PatchEmbed({ inChans, inDim, dim }, init.conv);
    this.levels = [level(0), level(1), level(2), level(3)];
    this.norm = layerNormLast ? new LayerNorm2d({ channels }) : new BatchNorm2d({ channels });
    if (numClasses > 0) this.head = new Linear({ inFeatures: channels, outFeatures: numClasses }, init.linear);
  }

  /** [N,H,W,inChans], any H and W whose windows the configured resolution has parameters for (see HatLayer.features) */
  call(x: tf.Tensor4D, mode: Mode): FasterViTOutputs {
    assertShape('FasterViT: x', x, [null, null, null, this.#inChans]);
    return tf.tidy(() => {
      const stage1 = this.stage(0, x, mode);
      const stage2 = this.stage(1, stage1, mode);
      const stage3 = this.stage(2, stage2, mode);
      const stage4 = this.stage(3, stage3, mode);
      const logits = this.head?.call(tf.mean<tf.Tensor2D>(stage4, [1, 2]));
      return { stage1, stage2, stage3, stage4, ...(logits && { logits }) };
    });
  }

  /** The features of one stage (index 0..3) from those of the stage before, or from the image: the steps of `call`. */
  stage(index: number, x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const entry = index === 0 ? this.patchEmbed.call(x, mode) : this.levels[index - 1].downsample!.call(x);
      const features = this.levels[index].features(entry, mode);
      return index === 3 ? this.norm.call(features, mode) : features;
    });
  }
}
