import * as tf from '@tensorflow/tfjs-core';
import { assertShape, ConvTranspose2d, withoutGradient, type Conv2d, type Init } from '@rs/nn';
import { Clip } from './clip.js';
import { clipPixels, squared } from './clip-pixels.js';
import { ClipVisionEncoder } from './clip-vision-encoder.js';
import { DinoViT } from './dino-vit.js';
import { dinoProjections, projectDino, type DinoMaps, type DinoProjections } from './dino-projections.js';
import { completeConfig, type CompleteConfig, type MmOvSegConfig } from './mm-ovseg-config.js';
import { PaperHead } from './paper-head.js';
import type { ClipFinetune, DinoFinetune } from './parameter-groups.js';
import { Ripd, type GuidanceMaps, type RipdOutputs } from './ripd.js';

export interface MmOvSegInputs {
  readonly image: tf.Tensor4D; // [B,H,W,3], R, G, B in 0..255
  readonly sar?: tf.Tensor4D; // [B,H,W,3] in 0..255, one band three times; not looked at by models without a SAR encoder
  readonly ids?: tf.Tensor2D; // int32 [T,77], one prompt a class (see classTokens); or
  readonly text?: tf.Tensor2D; // [T,C] of textFeatures, for class lists that are used again
}

export interface MmOvSegOptions {
  readonly intermediates?: boolean; // default false
}

/** [B,h,w,T] each; what Figure 5 of the paper draws with `intermediates`. */
export type MmOvSegOutputs = {
  readonly logits: tf.Tensor4D; // at four times CLIP's grid
  readonly clipCorr?: tf.Tensor4D; // correlation of CLIP's map with the text, mean over prompts
  readonly denseCorr?: tf.Tensor4D; // of DINO's
  readonly fused?: tf.Tensor4D; // mean over the channels of the fused volume
};

/** An encoder of dense features at three depths, [B,h,w,D] each, or as tokens with the class token first, [B,1+h w,D]. */
export interface DinoEncoder {
  call(pixels: tf.Tensor4D): readonly (tf.Tensor3D | tf.Tensor4D)[];
}

/** In place of two DINO v1 encoders; `config.dino` still tells their embedDim and patchSize. */
export interface MmOvSegEncoders {
  readonly rgb: DinoEncoder;
  readonly sar?: DinoEncoder;
}

/**
 * MM-OVSeg (arXiv 2603.17528): open-vocabulary segmentation of optical and SAR images. CLIP sees the optical image and the classes' prompts, DINO
 * encoders see both images; their correlations with the text are fused and decoded. It has neither dropout nor running statistics: training
 * and evaluation are the same call. Encoders that are frozen leave nothing behind for a backward pass.
 */
export class MmOvSeg implements Partial<DinoProjections> {
  readonly dinoModel?: DinoEncoder;
  readonly dinoSarmodel?: DinoEncoder;
  readonly sarClipModel?: ClipVisionEncoder;
  readonly semSegHead: { readonly predictor: { readonly clipModel: Clip; readonly transformer: Ripd | PaperHead } };
  readonly upsample1?: ConvTranspose2d;
  readonly upsample2?: ConvTranspose2d;
  readonly sarUpsample1?: ConvTranspose2d;
  readonly sarUpsample2?: ConvTranspose2d;
  readonly dinoDownSample?: Conv2d;
  readonly dinoDecodProj1?: Conv2d | ConvTranspose2d;
  readonly dinoDecodProj2?: ConvTranspose2d;
  readonly dinoSardownSample?: Conv2d;
  readonly dinoSardecodProj1?: Conv2d | ConvTranspose2d;
  readonly dinoSardecodProj2?: ConvTranspose2d;
  readonly clipFinetune: ClipFinetune;
  readonly dinoFinetune: DinoFinetune;
  readonly #config: CompleteConfig;

  /** @throws RangeError when an option has an unknown value, or two do not fit together */
  constructor(config: MmOvSegConfig, init: Init, encoders?: MmOvSegEncoders) {
    const full = (this.#config = completeConfig(config));
    const { vision, text, dino, ripd, guidanceDims, textDim, useSar, sarClip, clipGrid, dinoGrid, decoder } = full;
    const { embedDim: dinoDim = 768 } = dino;
    this.clipFinetune = full.clipFinetune;
    this.dinoFinetune = full.dinoFinetune;
    if (ripd.useDino) {
      this.dinoModel = encoders ? encoders.rgb : new DinoViT(dino, init);
      if (useSar) this.dinoSarmodel = encoders ? encoders.sar : new DinoViT(dino, init);
      if (useSar && !this.dinoSarmodel) throw new Error('MmOvSeg: encoders.sar must be given (or useSar be false)');
    }
    if (sarClip) this.sarClipModel = new ClipVisionEncoder(vision, init);
    const transformer =
      decoder === 'ripd'
        ? new Ripd(ripd, init)
        : new PaperHead(
            {
              dinoDim,
              textDim,
              hiddenDim: ripd.hiddenDim,
              clipGuidanceDims: guidanceDims,
              guidanceDims: ripd.decoderClipGuidanceProjDims,
              decoderDims: ripd.decoderDims,
            },
            init,
          );
    this.semSegHead = { predictor: { clipModel: new Clip({ vision, text }, init), transformer } };
    const enlarged = (level: 0 | 1): ConvTranspose2d => {
      const factor = 2 ** (level + 1);
      return new ConvTranspose2d({ inChannels: vision.width, outChannels: guidanceDims[level], kernelSize: factor, stride: factor }, init);
    };
    if (ripd.useClip) {
      this.upsample1 = enlarged(0);
      this.upsample2 = enlarged(1);
    }
    if (sarClip) {
      this.sarUpsample1 = enlarged(0);
      this.sarUpsample2 = enlarged(1);
    }
    if (ripd.useDino && decoder === 'ripd') {
      const layers = dinoProjections({ dinoDim, textDim, guidanceDims, dinoStride: dinoGrid / clipGrid, useSar }, init);
      this.dinoDownSample = layers.dinoDownSample;
      this.dinoDecodProj1 = layers.dinoDecodProj1;
      this.dinoDecodProj2 = layers.dinoDecodProj2;
      this.dinoSardownSample = layers.dinoSardownSample;
      this.dinoSardecodProj1 = layers.dinoSardecodProj1;
      this.dinoSardecodProj2 = layers.dinoSardecodProj2;
    }
  }

  /**
   * @throws Error when the SAR image or the classes are missing
   * @throws RangeError when shapes do not fit, or there is no class
   */
  call(inputs: MmOvSegInputs, { intermediates = false }: MmOvSegOptions = {}): MmOvSegOutputs {
    this.checkInputs(inputs);
    const { image, sar, ids, text } = inputs;
    const [batch] = image.shape;
    return tf.tidy(() => {
      const { sizeDivisibility, needsSar } = this.#config;
      const words = text ?? this.textFeatures(ids!);
      const prompts = tf.tile(tf.reshape(words, [1, words.shape[0], 1, words.shape[1]]), [batch, 1, 1, 1]) as tf.Tensor4D;
      const pixels = clipPixels(image, sizeDivisibility);
      const sarPixels = sar && needsSar ? clipPixels(sar, sizeDivisibility) : undefined;
      const outputs = this.head(prompts, pixels, sarPixels);
      if (!intermediates) return { logits: outputs.logits };
      const map = (volume: tf.Tensor4D): tf.Tensor4D => {
        const [, height, width] = volume.shape;
        return tf.transpose(tf.reshape(tf.mean(volume, -1), [batch, -1, height, width]), [0, 2, 3, 1]);
      };
      const { logits, clipCorr, denseCorr, fused } = outputs;
      return {
        logits,
        ...(clipCorr && { clipCorr: map(clipCorr) }),
        ...(denseCorr && { denseCorr: map(denseCorr) }),
        fused: map(fused),
      };
    });
  }

  /**
   * Embeddings of the classes, of length 1, for `call`: once a class list in evaluation. In training pass `ids`, as the text tower is trained.
   *
   * @param ids int32 [T,77], one prompt a class
   * @returns [T,C]
   */
  textFeatures(ids: tf.Tensor2D): tf.Tensor2D {
    const { text, clipFinetune } = this.#config;
    assertShape('MmOvSeg: ids', ids, [null, text.contextLength ?? 77]);
    if (ids.shape[0] === 0) throw new RangeError('MmOvSeg: ids must hold at least one class, got none');
    const { clipModel } = this.semSegHead.predictor;
    return tf.tidy(() => {
      const embedded = frozenIf(clipFinetune === 'freeze', () => clipModel.call(ids));
      return tf.div(embedded, tf.norm(embedded, 'euclidean', -1, true));
    });
  }

  private head(text: tf.Tensor4D, pixels: tf.Tensor4D, sarPixels?: tf.Tensor4D): RipdOutputs {
    const { transformer } = this.semSegHead.predictor;
    const { ripd } = this.#config;
    const rgb = this.dinoModel && this.dinoMaps(this.dinoModel, pixels);
    const sar = this.dinoSarmodel && sarPixels && this.dinoMaps(this.dinoSarmodel, sarPixels);
    const clip = ripd.useClip ? this.clipMaps(pixels, sarPixels) : undefined;
    if (transformer instanceof PaperHead) {
      return transformer.call({ text, clip: clip!.dense, clipGuidance: clip!.guidance, rgb: rgb!, sar });
    }
    const dino = rgb && projectDino(this as DinoProjections, rgb, sar);
    return transformer.call({
      text,
      clip: clip?.dense,
      clipGuidance: clip?.guidance,
      dino: dino?.down,
      dinoGuidance: dino?.guidance,
    });
  }

  private dinoMaps(encoder: DinoEncoder, pixels: tf.Tensor4D): DinoMaps {
    const { dinoResolution, dinoFinetune, dinoGrid } = this.#config;
    const maps = frozenIf(dinoFinetune === 'freeze', () => {
      const taps = encoder.call(squared(pixels, dinoResolution));
      return taps.map((tap) => (tap.rank === 4 ? (tap as tf.Tensor4D) : patchMap(tap as tf.Tensor3D, dinoGrid)));
    });
    return maps as unknown as DinoMaps;
  }

  /** CLIP's dense map [B,h,w,C] and the decoder's guidance; those of SAR are added where there is a tower for it. */
  private clipMaps(pixels: tf.Tensor4D, sarPixels?: tf.Tensor4D): { dense: tf.Tensor4D; guidance: GuidanceMaps } {
    const { clipFinetune } = this.#config;
    const frozen = clipFinetune === 'freeze' || clipFinetune === 'freezeIMG';
    const [dense, first, second] = this.towerMaps(this.semSegHead.predictor.clipModel.visual, pixels, frozen);
    const guidance = [this.upsample1!.call(first), this.upsample2!.call(second)] as const;
    if (!this.sarClipModel || !sarPixels) return { dense, guidance };
    const [sarDense, sarFirst, sarSecond] = this.towerMaps(this.sarClipModel, sarPixels, true);
    return {
      dense: tf.add(dense, sarDense),
      guidance: [tf.add(guidance[0], this.sarUpsample1!.call(sarFirst)), tf.add(guidance[1], this.sarUpsample2!.call(sarSecond))],
    };
  }

  /** The dense map and the two tapped ones. */
  private towerMaps(tower: ClipVisionEncoder, pixels: tf.Tensor4D, frozen: boolean): tf.Tensor4D[] {
    const { clipResolution, clipGrid } = this.#config;
    return frozenIf(frozen, () => {
      const { tokens, taps } = tower.call(squared(pixels, clipResolution), { dense: true });
      return [tokens, ...taps].map((map) => patchMap(map, clipGrid));
    });
  }

  private checkInputs({ image, sar, ids, text }: MmOvSegInputs): void {
    const { needsSar, textDim } = this.#config;
    assertShape('MmOvSeg: image', image, [null, null, null, 3]);
    if (image.size === 0) throw new RangeError(`MmOvSeg: image must have pixels, got [${image.shape}]`);
    if (needsSar && !sar) throw new Error('MmOvSeg: sar must be given (a model built with useSar: false does without)');
    if (needsSar && sar) assertShape('MmOvSeg: sar', sar, image.shape);
    if ((ids === undefined) === (text === undefined)) throw new Error('MmOvSeg: either ids or text must be given');
    if (text) assertShape('MmOvSeg: text', text, [null, textDim]);
    if (text?.shape[0] === 0) throw new RangeError('MmOvSeg: text must hold at least one class, got none');
  }
}

/** Tokens with the class token first, [B,1+g^2,D] -> [B,g,g,D]. */
function patchMap(tokens: tf.Tensor3D, grid: number): tf.Tensor4D {
  const [batch, length, channels] = tokens.shape;
  assertShape('MmOvSeg: tokens of an encoder', tokens, [null, grid ** 2 + 1, null]);
  return tf.reshape(tf.slice3d(tokens, [0, 1, 0], [batch, length - 1, channels]), [batch, grid, grid, channels]);
}

const frozenIf = <T extends tf.Tensor | tf.Tensor[]>(frozen: boolean, fn: () => T): T => (frozen ? withoutGradient(fn) : fn());
