import * as tf from '@tensorflow/tfjs-core';
import { assertShape, type Conv2d, type ConvTranspose2d, type Init } from '@rs/nn';
import { classMaps } from './class-maps.js';
import { assertDinoMaps, dinoProjections, projectDino, type DinoMaps, type DinoProjections } from './dino-projections.js';
import { correlationConv, fuseCorrelations, type CorrelationFusion } from './fused-correlation.js';

export interface DualEncoderFusionConfig {
  readonly dinoDim?: number; // D, channels of the DINO maps; default 768
  readonly textDim?: number; // C of CLIP's joint space; default 512
  readonly hiddenDim?: number; // channels of the fused volume; default 128
  readonly guidanceDims?: readonly [number, number]; // channels of the decoder's guidance, coarse to fine; default [256,128]
  readonly prompts?: number; // P; default 1
  readonly dinoStride?: number; // side of the DINO grid / side of the CLIP grid: 1 or 2; default 2
}

export interface DualEncoderFusionInputs {
  readonly rgb: DinoMaps; // [B,s h,s w,D], s = dinoStride
  readonly sar: DinoMaps;
  readonly clip: tf.Tensor4D; // [B,h,w,C]
  readonly text: tf.Tensor4D; // [B,T,P,C]
}

export type DualEncoderFusionOutputs = {
  readonly fused: tf.Tensor4D; // [B T,h,w,hidden]
  readonly guidance: [tf.Tensor4D, tf.Tensor4D]; // [B,2h,2w,G0], [B,4h,4w,G1]
};

/**
 * Dual-encoder fusion as the released MM-OVSeg has it: each modality's DINO maps through layers of their own, the deepest correlated with
 * the text and fused with CLIP's correlation, the others guides of the decoder. `MmOvSeg` holds the same layers in two places.
 */
export class DualEncoderFusion implements DinoProjections, CorrelationFusion {
  readonly dinoDownSample: Conv2d;
  readonly dinoDecodProj1: Conv2d | ConvTranspose2d;
  readonly dinoDecodProj2: ConvTranspose2d;
  readonly dinoSardownSample?: Conv2d;
  readonly dinoSardecodProj1?: Conv2d | ConvTranspose2d;
  readonly dinoSardecodProj2?: ConvTranspose2d;
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly fusionCorr: Conv2d;
  readonly #dims: { readonly dinoDim: number; readonly textDim: number; readonly prompts: number; readonly dinoStride: number };

  /** @throws RangeError when dinoStride is neither 1 nor 2 */
  constructor(config: DualEncoderFusionConfig, init: Init) {
    const { dinoDim = 768, textDim = 512, hiddenDim = 128, guidanceDims = [256, 128], prompts = 1, dinoStride = 2 } = config;
    this.#dims = { dinoDim, textDim, prompts, dinoStride };
    const layers = dinoProjections({ dinoDim, textDim, guidanceDims, dinoStride }, init);
    this.dinoDownSample = layers.dinoDownSample;
    this.dinoDecodProj1 = layers.dinoDecodProj1;
    this.dinoDecodProj2 = layers.dinoDecodProj2;
    this.dinoSardownSample = layers.dinoSardownSample;
    this.dinoSardecodProj1 = layers.dinoSardecodProj1;
    this.dinoSardecodProj2 = layers.dinoSardecodProj2;
    this.conv1 = correlationConv(prompts, hiddenDim, init);
    this.conv2 = correlationConv(prompts, hiddenDim, init);
    this.fusionCorr = correlationConv(2 * hiddenDim, hiddenDim, init);
  }

  call({ rgb, sar, clip, text }: DualEncoderFusionInputs): DualEncoderFusionOutputs {
    const { dinoDim, textDim, prompts, dinoStride } = this.#dims;
    assertShape('DualEncoderFusion: clip', clip, [null, null, null, textDim]);
    const [batch, height, width] = clip.shape;
    assertShape('DualEncoderFusion: text', text, [batch, null, prompts, textDim]);
    assertDinoMaps('DualEncoderFusion: rgb', rgb, [batch, dinoStride * height, dinoStride * width], dinoDim);
    assertDinoMaps('DualEncoderFusion: sar', sar, [batch, dinoStride * height, dinoStride * width], dinoDim);
    return tf.tidy(() => {
      const { down, guidance } = projectDino(this, rgb, sar);
      return { fused: fuseCorrelations(this, classMaps(clip, text), classMaps(down, text)), guidance };
    });
  }
}
