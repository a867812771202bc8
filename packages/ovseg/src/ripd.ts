import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, conv2d, Linear, type Init } from '@rs/nn';
import { AggregatorLayer } from './aggregator-layer.js';
import { assertOneOf } from './assert-one-of.js';
import { classMaps } from './class-maps.js';
import type { AttentionType } from './class-attention.js';
import { addToEachClass, classesLast } from './each-class.js';
import { correlationConv, fuseCorrelations } from './fused-correlation.js';
import { FusionUp } from './fusion-up.js';
import { guidanceProjections, type GuidanceProjection } from './guidance-projection.js';
import { unitLength } from './unit-length.js';

export type FusionType = 'query_guided' | 'fusion_query' | 'simple_concatenation';

/** The defaults are those of ViT-B/16. */
export interface RipdConfig {
  readonly textGuidanceDim?: number; // C of the text features; default 512
  readonly textGuidanceProjDim?: number; // default 128
  readonly appearanceGuidanceDim?: number; // C of the map that guides by appearance; default 512
  readonly appearanceGuidanceProjDim?: number; // default 128
  readonly decoderDims?: readonly [number, number]; // multiples of 16; default [64,32]
  readonly decoderGuidanceDims?: readonly [number, number]; // channels of the guidance maps, coarse to fine; default [256,128]
  readonly decoderClipGuidanceProjDims?: readonly [number, number]; // [0,0] without CLIP; default [32,16]
  readonly decoderDinoGuidanceProjDims?: readonly [number, number]; // [0,0] without DINO; default [32,16]
  readonly featDim?: number; // C of the CLIP and DINO maps that are correlated with the text; default 512
  readonly fusionType?: FusionType; // default query_guided
  readonly residual?: boolean; // of query_guided: CLIP's volume is added to the fused one; default true; false: an ablation
  readonly useClip?: boolean; // default true
  readonly useDino?: boolean; // default true; false: the optical baseline of the paper
  readonly numLayers?: number; // default 2
  readonly heads?: number; // default 4
  readonly hiddenDim?: number; // default 128
  readonly poolingSize?: readonly [number, number] | null; // see ClassAggregator; default [2,2]
  readonly featureResolution?: readonly [number, number]; // [h,w] of CLIP's grid; default [24,24]
  readonly windowSize?: number; // see SpatialAggregator; default 12
  readonly attentionType?: AttentionType; // default linear
  readonly prompts?: number; // P; default 1
  readonly padLen?: number; // see ClassAggregator; default 256
}

const defaults = {
  textGuidanceDim: 512,
  textGuidanceProjDim: 128,
  appearanceGuidanceDim: 512,
  appearanceGuidanceProjDim: 128,
  decoderDims: [64, 32],
  decoderGuidanceDims: [256, 128],
  decoderClipGuidanceProjDims: [32, 16],
  decoderDinoGuidanceProjDims: [32, 16],
  featDim: 512,
  fusionType: 'query_guided',
  residual: true,
  useClip: true,
  useDino: true,
  numLayers: 2,
  heads: 4,
  hiddenDim: 128,
  poolingSize: [2, 2],
  featureResolution: [24, 24],
  windowSize: 12,
  attentionType: 'linear',
  prompts: 1,
  padLen: 256,
} as const satisfies Required<RipdConfig>;

/** The config with the defaults for what it leaves out. */
export function completeRipd(config: RipdConfig): Required<RipdConfig> {
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given };
}

/** Guidance of the decoder: at twice and four times the size of the grid. */
export type GuidanceMaps = readonly [tf.Tensor4D, tf.Tensor4D];

export interface RipdInputs {
  readonly text: tf.Tensor4D; // [B,T,P,textGuidanceDim]
  readonly clip?: tf.Tensor4D; // [B,h,w,featDim]; absent without CLIP
  readonly dino?: tf.Tensor4D; // [B,h,w,featDim]; absent without DINO
  readonly clipGuidance?: GuidanceMaps; // [B,2h,2w,G0], [B,4h,4w,G1]; absent without CLIP
  readonly dinoGuidance?: GuidanceMaps; // absent without DINO
}

export interface RipdOutputs {
  readonly logits: tf.Tensor4D; // [B,4h,4w,T]
  readonly fused: tf.Tensor4D; // [B T,h,w,hidden], the volume that enters the aggregator
  readonly clipCorr?: tf.Tensor4D; // [B T,h,w,P], where the fusion correlates CLIP's map with the text
  readonly denseCorr?: tf.Tensor4D; // [B T,h,w,P], where it correlates DINO's
}

type Volume = Omit<RipdOutputs, 'logits'>;

/**
 * The released MM-OVSeg's head: correlations with the text fused to a volume a class, aggregated over pixels and classes (CAT-Seg, Cho et
 * al. 2024), and decoded to four times the grid with CLIP's and DINO's earlier maps as guidance.
 */
export class Ripd {
  readonly layers: readonly AggregatorLayer[];
  readonly conv1?: Conv2d;
  readonly conv2?: Conv2d; // of query_guided, as is fusionCorr
  readonly fusionCorr?: Conv2d;
  readonly fusionFeats?: Conv2d; // of fusion_query
  readonly simpleConcatenationCorrEmbed?: Conv2d; // of simple_concatenation
  readonly guidanceProjection: { readonly 0: Conv2d };
  readonly textGuidanceProjection: { readonly 0: Linear };
  readonly CLIP_decoder_guidance_projection?: readonly GuidanceProjection[];
  readonly DINO_decoder_guidance_projection?: readonly GuidanceProjection[];
  readonly Fusiondecoder1: FusionUp;
  readonly Fusiondecoder2: FusionUp;
  readonly head: Conv2d;
  readonly #config: Required<RipdConfig>;

  /** @throws RangeError when an option has an unknown value, or sizes do not fit */
  constructor(config: RipdConfig, init: Init) {
    const full = (this.#config = completeRipd(config));
    const { useClip, useDino, hiddenDim, featDim, prompts, decoderDims } = full;
    assertOneOf('Ripd: fusionType', full.fusionType, ['query_guided', 'fusion_query', 'simple_concatenation']);
    if (!useClip && !useDino) throw new RangeError('Ripd: useClip or useDino must be true, got false for both');
    this.layers = Array.from(
      { length: full.numLayers },
      () =>
        new AggregatorLayer(
          {
            ...full,
            textGuidanceDim: full.textGuidanceProjDim,
            appearanceGuidanceDim: full.appearanceGuidanceProjDim,
            resolution: full.featureResolution,
          },
          init,
        ),
    );
    const fusionType = useClip && useDino ? full.fusionType : undefined; // one encoder: nothing to fuse
    if (fusionType === 'simple_concatenation') {
      this.simpleConcatenationCorrEmbed = correlationConv(2 * featDim + full.textGuidanceDim, hiddenDim, init);
    } else {
      this.conv1 = correlationConv(prompts, hiddenDim, init);
    }
    if (fusionType === 'query_guided') {
      this.conv2 = correlationConv(prompts, hiddenDim, init);
      this.fusionCorr = correlationConv(2 * hiddenDim, hiddenDim, init);
    }
    if (fusionType === 'fusion_query') {
      this.fusionFeats = new Conv2d({ inChannels: 2 * featDim, outChannels: featDim, kernelSize: 1 }, init);
    }
    this.guidanceProjection = {
      0: new Conv2d(
        { inChannels: full.appearanceGuidanceDim, outChannels: full.appearanceGuidanceProjDim, kernelSize: 3, padding: 1 },
        init,
      ),
    };
    this.textGuidanceProjection = { 0: new Linear({ inFeatures: full.textGuidanceDim, outFeatures: full.textGuidanceProjDim }, init) };
    const clipDims = useClip ? full.decoderClipGuidanceProjDims : ([0, 0] as const);
    const dinoDims = useDino ? full.decoderDinoGuidanceProjDims : ([0, 0] as const);
    const wanted = (dims: readonly [number, number]): boolean => Math.max(...dims) > 0;
    if (wanted(clipDims)) this.CLIP_decoder_guidance_projection = guidanceProjections(full.decoderGuidanceDims, clipDims, init);
    if (wanted(dinoDims)) this.DINO_decoder_guidance_projection = guidanceProjections(full.decoderGuidanceDims, dinoDims, init);
    const decoder = (level: 0 | 1): FusionUp =>
      new FusionUp(
        {
          inChannels: [hiddenDim, decoderDims[0]][level],
          outChannels: decoderDims[level],
          clipGuidanceChannels: clipDims[level],
          dinoGuidanceChannels: dinoDims[level],
        },
        init,
      );
    this.Fusiondecoder1 = decoder(0);
    this.Fusiondecoder2 = decoder(1);
    this.head = new Conv2d({ inChannels: decoderDims[1], outChannels: 1, kernelSize: 3, padding: 1 }, init);
  }

  call(inputs: RipdInputs): RipdOutputs {
    this.checkInputs(inputs);
    const { text, clip, dino, clipGuidance, dinoGuidance } = inputs;
    const [batch] = text.shape;
    return tf.tidy(() => {
      const volume = this.volume(inputs);
      const appearance = tf.relu(this.guidanceProjection[0].call((clip ?? dino)!));
      const words = this.textGuidance(text);
      const aggregated = this.layers.reduce((x, layer) => layer.call({ x, batch, appearance, text: words }), volume.fused);
      const clipMaps = this.CLIP_decoder_guidance_projection?.map((projection, i) => projection.call(clipGuidance![i]));
      const dinoMaps = this.DINO_decoder_guidance_projection?.map((projection, i) => projection.call(dinoGuidance![i]));
      const coarse = this.Fusiondecoder1.call({ x: aggregated, clip: clipMaps?.[0], dino: dinoMaps?.[0] });
      const fine = this.Fusiondecoder2.call({ x: coarse, clip: clipMaps?.[1], dino: dinoMaps?.[1] });
      return { logits: classesLast(this.head.call(fine), batch), ...volume };
    });
  }

  /** What enters the aggregator, and the correlations it is made of. */
  private volume({ text, clip, dino }: RipdInputs): Volume {
    if (this.simpleConcatenationCorrEmbed) return { fused: this.concatenated(clip!, dino!, text) };
    if (this.fusionFeats) {
      const clipCorr = classMaps(this.fusionFeats.call(tf.concat([clip!, dino!], -1)), text);
      return { fused: this.conv1!.call(clipCorr), clipCorr };
    }
    const clipCorr = clip && classMaps(clip, text);
    const denseCorr = dino && classMaps(dino, text);
    if (clipCorr && denseCorr) {
      const fusion = { conv1: this.conv1!, conv2: this.conv2!, fusionCorr: this.fusionCorr! };
      return { fused: fuseCorrelations(fusion, clipCorr, denseCorr, this.#config.residual), clipCorr, denseCorr };
    }
    return { fused: this.conv1!.call((clipCorr ?? denseCorr)!), clipCorr, denseCorr };
  }

  /** The convolution of [z ; down ; text] on the channels: that of the maps once an image, that of the text once a class. */
  private concatenated(clip: tf.Tensor4D, dino: tf.Tensor4D, text: tf.Tensor4D): tf.Tensor4D {
    const { weight, bias } = this.simpleConcatenationCorrEmbed!;
    const [batch, height, width] = clip.shape;
    const [, classes, , channels] = text.shape;
    const [kernel, , inputs, outputs] = weight.shape;
    const part = (start: number, count: number): tf.Tensor4D => tf.slice4d(weight, [0, 0, start, 0], [kernel, kernel, count, outputs]);
    const maps = tf.concat([unitLength(clip), unitLength(dino)], -1);
    const word = tf.reshape(tf.mean(unitLength(text), 2), [batch * classes, 1, 1, channels]) as tf.Tensor4D;
    const words = tf.tile(word, [1, height, width, 1]);
    const ofImage = conv2d({ x: maps, filter: part(0, inputs - channels), bias, padding: 3 });
    return addToEachClass(conv2d({ x: words, filter: part(inputs - channels, channels), padding: 3 }), ofImage);
  }

  /** [B,T,P,C] -> [B,T,G] */
  private textGuidance(text: tf.Tensor4D): tf.Tensor3D {
    return tf.relu(this.textGuidanceProjection[0].call(unitLength(tf.mean<tf.Tensor3D>(text, 2))));
  }

  private checkInputs({ text, clip, dino, clipGuidance, dinoGuidance }: RipdInputs): void {
    const { useClip, useDino, featDim, featureResolution, prompts, textGuidanceDim, decoderGuidanceDims } = this.#config;
    const [height, width] = featureResolution;
    assertShape('Ripd: text', text, [null, null, prompts, textGuidanceDim]);
    const sides = [
      ['clip', useClip, clip, clipGuidance, this.CLIP_decoder_guidance_projection],
      ['dino', useDino, dino, dinoGuidance, this.DINO_decoder_guidance_projection],
    ] as const;
    for (const [name, used, map, guidance, projections] of sides) {
      if (used !== (map !== undefined)) throw new Error(`Ripd: ${name} must be ${used ? 'given' : 'absent'}`);
      if (map) assertShape(`Ripd: ${name}`, map, [text.shape[0], height, width, featDim]);
      if (!projections) continue;
      if (!guidance) throw new Error(`Ripd: ${name}Guidance must be given`);
      guidance.forEach((guide, i) => {
        const scale = 2 ** (i + 1);
        assertShape(`Ripd: ${name}Guidance[${i}]`, guide, [text.shape[0], scale * height, scale * width, decoderGuidanceDims[i]]);
      });
    }
  }
}
