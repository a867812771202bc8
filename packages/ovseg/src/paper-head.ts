import * as tf from '@tensorflow/tfjs-core';
import { resize, type Init } from '@rs/nn';
import { classMaps } from './class-maps.js';
import type { DinoMaps } from './dino-projections.js';
import { guidanceProjections, type GuidanceProjection } from './guidance-projection.js';
import { PaperDecoder } from './paper-decoder.js';
import { PaperDualEncoderFusion } from './paper-dual-encoder-fusion.js';
import type { GuidanceMaps, RipdOutputs } from './ripd.js';

export interface PaperHeadConfig {
  readonly dinoDim: number; // D
  readonly textDim: number; // C of CLIP's joint space
  readonly hiddenDim: number;
  readonly clipGuidanceDims: readonly [number, number]; // channels of CLIP's earlier maps, coarse to fine
  readonly guidanceDims: readonly [number, number]; // what CLIP's and DINO's are projected to
  readonly decoderDims: readonly [number, number];
}

export interface PaperHeadInputs {
  readonly text: tf.Tensor4D; // [B,T,1,C]
  readonly clip: tf.Tensor4D; // [B,h,w,C]
  readonly clipGuidance: GuidanceMaps; // [B,2h,2w,G0], [B,4h,4w,G1]
  readonly rgb: DinoMaps; // [B,h,w,D]
  readonly sar?: DinoMaps;
}

/** The head of MM-OVSeg as its paper has it: fusion at three levels, a pyramid and a linear classifier, no aggregation. */
export class PaperHead {
  readonly fusion: PaperDualEncoderFusion;
  readonly CLIP_decoder_guidance_projection: readonly GuidanceProjection[];
  readonly DINO_decoder_guidance_projection: readonly GuidanceProjection[];
  readonly decoder: PaperDecoder;

  constructor({ dinoDim, textDim, hiddenDim, clipGuidanceDims, guidanceDims, decoderDims }: PaperHeadConfig, init: Init) {
    this.fusion = new PaperDualEncoderFusion({ dinoDim, textDim, hiddenDim }, init);
    this.CLIP_decoder_guidance_projection = guidanceProjections(clipGuidanceDims, guidanceDims, init);
    this.DINO_decoder_guidance_projection = guidanceProjections([textDim, textDim], guidanceDims, init);
    this.decoder = new PaperDecoder({ hiddenDim, guidanceDims, decoderDims }, init);
  }

  call({ text, clip, clipGuidance, rgb, sar }: PaperHeadInputs): RipdOutputs {
    return tf.tidy(() => {
      const { fused, dense } = this.fusion.call({ rgb, sar, clip, text });
      const clipMaps = this.CLIP_decoder_guidance_projection.map((projection, k) => projection.call(clipGuidance[k]));
      const dinoMaps = this.DINO_decoder_guidance_projection.map((projection, k) => {
        const { shape } = clipGuidance[k];
        return projection.call(resize(dense[1 - k], { size: [shape[1], shape[2]], mode: 'bilinear' }));
      });
      const [clipCoarse, clipFine] = clipMaps;
      const [dinoCoarse, dinoFine] = dinoMaps;
      return {
        logits: this.decoder.call({ fused, clip: [clipCoarse, clipFine], dino: [dinoCoarse, dinoFine] }),
        fused: fused[2],
        clipCorr: classMaps(clip, text),
        denseCorr: classMaps(dense[2], text),
      };
    });
  }
}
