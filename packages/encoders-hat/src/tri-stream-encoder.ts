import * as tf from '@tensorflow/tfjs-core';
import { assertShape, type Mode } from '@rs/nn';
import { FasterViT, type FasterViTConfig } from './faster-vit.js';
import type { EncoderInit } from './hat-layer.js';

export interface TriStreamEncoderConfig {
  readonly optChannels: number; // bands of the optical image
  readonly sarChannels: number; // polarisations of the SAR image
  readonly crossModalStage1Blocks?: boolean; // the cross-modal stream runs its own stage-1 blocks before stage 2; default true
  readonly encoder: Omit<FasterViTConfig, 'inChans' | 'numClasses'>; // of all three streams
}

/** Features of one stage, [N,H,W,C] each. */
export interface StreamFeatures {
  readonly opt: tf.Tensor4D;
  readonly sar: tf.Tensor4D;
  readonly cm: tf.Tensor4D; // cross-modal
}

export interface FusionInputs {
  readonly opt: tf.Tensor4D; // [N,H,W,C]
  readonly sar: tf.Tensor4D;
  readonly cm?: tf.Tensor4D; // absent at stage 1
}

/** Fuses a stage: refined optical and SAR features, and the cross-modal ones. What else it returns is handed on. */
export interface Fusion<F extends StreamFeatures = StreamFeatures> {
  call(features: FusionInputs, mode: Mode): F;
}

/** One fusion a stage. */
export type StageFusions<F extends StreamFeatures = StreamFeatures> = readonly [Fusion<F>, Fusion<F>, Fusion<F>, Fusion<F>];

export interface TriStreamInputs {
  readonly opt: tf.Tensor4D; // [N,H,W,optChannels]
  readonly sar: tf.Tensor4D; // [N,H,W,sarChannels]
}

/**
 * Progressive optical-SAR encoding, EDC, section III-B: three FasterViT streams, of which the cross-modal one starts from the
 * fusion of stage 1. With blocks_i and down_i of the streams' stages, and fuse_i injected:
 *
 *     (o_1, s_1, c_1) = fuse_1(blocks_1(stem(opt)), blocks_1(stem(sar)))
 *     (o_i, s_i, c_i) = fuse_i(blocks_i(down(o_{i-1})), blocks_i(down(s_{i-1})), blocks_i(down(c_{i-1})))    i = 2, 3, 4
 *
 * The stem of `cm` is never run; it exists so that one checkpoint starts all three streams.
 */
export class TriStreamEncoder<F extends StreamFeatures = StreamFeatures> {
  readonly opt: FasterViT;
  readonly sar: FasterViT;
  readonly cm: FasterViT;
  readonly fuse: StageFusions<F>;
  readonly #config: TriStreamEncoderConfig;

  constructor(config: TriStreamEncoderConfig, fuse: StageFusions<F>, init: EncoderInit) {
    this.#config = config;
    this.opt = new FasterViT({ ...config.encoder, inChans: config.optChannels }, init);
    this.sar = new FasterViT({ ...config.encoder, inChans: config.sarChannels }, init);
    this.cm = new FasterViT(config.encoder, init);
    this.fuse = fuse;
  }

  /** What the fusions return, stage by stage at strides 4, 8, 16, 32; sizes are rounded up. */
  call({ opt, sar }: TriStreamInputs, mode: Mode): [F, F, F, F] {
    const { optChannels, sarChannels, crossModalStage1Blocks = true } = this.#config;
    assertShape('TriStreamEncoder: opt', opt, [null, null, null, optChannels]);
    assertShape('TriStreamEncoder: sar', sar, [...opt.shape.slice(0, 3), sarChannels]);
    return tf.tidy(() => {
      const streams = (index: number, before: TriStreamInputs): TriStreamInputs => ({
        opt: this.opt.stage(index, before.opt, mode),
        sar: this.sar.stage(index, before.sar, mode),
      });
      const stage1 = this.fuse[0].call(streams(0, { opt, sar }), mode);
      const cm1 = crossModalStage1Blocks ? this.cm.levels[0].features(stage1.cm, mode) : stage1.cm;
      const stage2 = this.fuse[1].call({ ...streams(1, stage1), cm: this.cm.stage(1, cm1, mode) }, mode);
      const stage3 = this.fuse[2].call({ ...streams(2, stage2), cm: this.cm.stage(2, stage2.cm, mode) }, mode);
      const stage4 = this.fuse[3].call({ ...streams(3, stage3), cm: this.cm.stage(3, stage3.cm, mode) }, mode);
      return [stage1, stage2, stage3, stage4] as never;
    });
  }
}
