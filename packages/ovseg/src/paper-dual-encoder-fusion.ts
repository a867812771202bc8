import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, type Init } from '@rs/nn';
import { classMaps } from './class-maps.js';
import { assertDinoMaps, type DinoMaps } from './dino-projections.js';
import { correlationConv } from './fused-correlation.js';

export interface PaperDualEncoderFusionConfig {
  readonly dinoDim?: number; // D; default 768
  readonly textDim?: number; // C; default 512
  readonly hiddenDim?: number; // default 128
  readonly prompts?: number; // P; default 1
}

export interface PaperDualEncoderFusionInputs {
  readonly rgb: DinoMaps; // [B,h,w,D], on CLIP's grid
  readonly sar?: DinoMaps; // absent: optical alone
  readonly clip: tf.Tensor4D; // [B,h,w,C]
  readonly text: tf.Tensor4D; // [B,T,P,C]
}

export type PaperDualEncoderFusionOutputs = {
  readonly fused: [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]; // h_fuse of each level, [B T,h,w,hidden]
  readonly dense: [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]; // f_d of each level, [B,h,w,C]
};

/**
 * Dual-encoder fusion as MM-OVSeg's equations have it, at every level i = 1, 2, 3:
 *
 *     f_d = sigma_i(f_rgb) + sigma_i(f_sar),   h_dt = sigmoid(dense_corr_i(corr(f_d, text))),   h_gt = sigmoid(global_corr(corr(z, text)))
 *     h_fuse = sigmoid(fuse_corr_i([h_dt ; h_gt])) + h_gt
 */
export class PaperDualEncoderFusion {
  readonly sigma: readonly Conv2d[];
  readonly globalCorr: Conv2d;
  readonly denseCorr: readonly Conv2d[];
  readonly fuseCorr: readonly Conv2d[];
  readonly #dims: { readonly dinoDim: number; readonly textDim: number; readonly prompts: number };

  constructor({ dinoDim = 768, textDim = 512, hiddenDim = 128, prompts = 1 }: PaperDualEncoderFusionConfig, init: Init) {
    this.#dims = { dinoDim, textDim, prompts };
    const perLevel = (layer: () => Conv2d): Conv2d[] => [layer(), layer(), layer()];
    this.sigma = perLevel(() => new Conv2d({ inChannels: dinoDim, outChannels: textDim, kernelSize: 1 }, init));
    this.globalCorr = correlationConv(prompts, hiddenDim, init);
    this.denseCorr = perLevel(() => correlationConv(prompts, hiddenDim, init));
    this.fuseCorr = perLevel(() => correlationConv(2 * hiddenDim, hiddenDim, init));
  }

  call({ rgb, sar, clip, text }: PaperDualEncoderFusionInputs): PaperDualEncoderFusionOutputs {
    const { dinoDim, textDim, prompts } = this.#dims;
    assertShape('PaperDualEncoderFusion: clip', clip, [null, null, null, textDim]);
    assertShape('PaperDualEncoderFusion: text', text, [clip.shape[0], null, prompts, textDim]);
    assertDinoMaps('PaperDualEncoderFusion: rgb', rgb, clip.shape, dinoDim);
    if (sar) assertDinoMaps('PaperDualEncoderFusion: sar', sar, clip.shape, dinoDim);
    return tf.tidy(() => {
      const global = tf.sigmoid(this.globalCorr.call(classMaps(clip, text)));
      const dense = this.sigma.map((sigma, i) => (sar ? tf.add(sigma.call(rgb[i]), sigma.call(sar[i])) : sigma.call(rgb[i])));
      const fused = dense.map((map, i) => {
        const local = tf.sigmoid(this.denseCorr[i].call(classMaps(map as tf.Tensor4D, text)));
        return tf.add(tf.sigmoid(this.fuseCorr[i].call(tf.concat([local, global], -1))), global);
      });
      return { fused, dense } as unknown as PaperDualEncoderFusionOutputs;
    });
  }
}
