import * as tf from '@tensorflow/tfjs-core';
import { assertShape, kaimingNormalInit, ResNetEncoder, ResNetStem, type Init, type Mode, type Random, type ResNetConfig } from '@rs/nn';
import { FpnDecoder } from './fpn-decoder.js';
import { FusionModule } from './fusion-module.js';
import { SharedFusionModule } from './shared-fusion-module.js';
import { TranslationModule, type TranslationOptions } from './translation-module.js';

/** The weak or auxiliary sensor (SAR, DSM), and the optical one. */
export type Modality = 'm1' | 'm2';

/** ResNet's layer of that number: stride 4, 8, 16, 32. */
export type Stage = 1 | 2 | 3 | 4;

export interface StarsConfig {
  readonly numClasses: number; // K
  readonly m1Channels?: number; // default 1
  readonly m2Channels?: number; // default 3
  readonly block?: ResNetConfig['block']; // default bottleneck
  readonly layers?: readonly number[]; // blocks of the four stages; default [3, 4, 6, 3]: ResNet-50
  readonly width?: number; // of the stems; default 64
  readonly scseReduction?: number; // default 16
  readonly fuseKernelSize?: number; // default 1
  readonly fpnChannels?: number; // default 256
  readonly decoderChannels?: number; // default 128
  readonly alignCorners?: boolean; // of the decoders' upsampling; default true
  readonly alignStages?: readonly Stage[]; // where the shared features are translated; default [3, 4]
  readonly translation?: TranslationOptions | false; // false: the identity, no modules; default {}
  readonly shareFusion?: boolean; // one fusion a stage for both modalities, or one each; default true
}

/** Features of an aligned stage s, [N,H/2^(s+1),W/2^(s+1),C]. */
export type AlignedFeatures = {
  readonly sharedM1: tf.Tensor4D; // f of eq. (2), (3)
  readonly sharedM2: tf.Tensor4D;
  readonly translatedM1: tf.Tensor4D; // p1 = h^(m1=>m2)(sharedM1)
  readonly translatedM2: tf.Tensor4D; // p2 = h^(m2=>m1)(sharedM2)
};

export type StarsOutputs = {
  readonly logitsM1: tf.Tensor4D; // [N,H,W,K]
  readonly logitsM2: tf.Tensor4D;
  readonly logitsFuse: tf.Tensor4D;
  readonly aligned: Partial<Readonly<Record<Stage, AlignedFeatures>>>; // of the stages in alignStages
};

/** The four stages of one modality from its own encoder and from the shared one. */
export type ModalityFeatures = {
  readonly specific: tf.Tensor4D[];
  readonly shared: tf.Tensor4D[];
};

type Translations = Partial<Readonly<Record<`stage${Stage}`, TranslationModule>>>;

/**
 * STARS, sections 3.1 to 3.3: two sensors, each with an encoder of its own, and one encoder that both share. Each sensor can be segmented alone;
 * in training the shared features of one are translated to those of the other, at `alignStages`.
 *
 *     x -> stem -> z;  shared(z) -> S[1..4],  specific(z) -> P[1..4]                each modality
 *     logits   = decoder(fusion[i](P[i], S[i]))                                     each modality
 *     logitsFuse = decoder_fuse(shared_fusion[i](S_m1[i], S_m2[i]))
 *
 * In a training pass the branch of m1 runs first, then that of m2, then the fused one: what serves both modalities normalises each by its own
 * statistics and updates its running statistics twice.
 */
export class StarsModel {
  readonly stemM1: ResNetStem;
  readonly stemM2: ResNetStem;
  readonly shared: ResNetEncoder;
  readonly specificM1: ResNetEncoder;
  readonly specificM2: ResNetEncoder;
  readonly fusion?: readonly FusionModule[];
  readonly fusionM1?: readonly FusionModule[];
  readonly fusionM2?: readonly FusionModule[];
  readonly sharedFusion: readonly SharedFusionModule[];
  readonly decoderM1: FpnDecoder;
  readonly decoderM2: FpnDecoder;
  readonly decoderFuse: FpnDecoder;
  readonly translateM1ToM2?: Translations;
  readonly translateM2ToM1?: Translations;
  readonly #alignStages: readonly Stage[];
  readonly #inChannels: Readonly<Record<Modality, number>>;

  /** @param random of the first weights: convolutions He-normal, biases 0, batch norms 1 and 0 */
  constructor(config: StarsConfig, random: Random) {
    const { m1Channels = 1, m2Channels = 3, block = 'bottleneck', layers = [3, 4, 6, 3], width = 64 } = config;
    const { alignStages = [3, 4], translation = {}, shareFusion = true } = config;
    assertStages(layers, alignStages);
    this.#alignStages = alignStages;
    this.#inChannels = { m1: m1Channels, m2: m2Channels };
    const init = kaimingNormalInit(random);
    const encoder = (): ResNetEncoder => new ResNetEncoder({ block, layers, width, inChannels: width, stem: false }, init);
    this.stemM1 = new ResNetStem({ inChannels: m1Channels, width }, init);
    this.stemM2 = new ResNetStem({ inChannels: m2Channels, width }, init);
    this.shared = encoder();
    this.specificM1 = encoder();
    this.specificM2 = encoder();
    const { channels } = this.shared;
    const sizes = { reduction: config.scseReduction, kernelSize: config.fuseKernelSize };
    const fusions = (): FusionModule[] => channels.map((count) => new FusionModule({ channels: count, ...sizes }, init));
    if (shareFusion) this.fusion = fusions();
    else [this.fusionM1, this.fusionM2] = [fusions(), fusions()];
    this.sharedFusion = channels.map((count) => new SharedFusionModule({ channels: count, ...sizes }, init));
    const decoder = (inChannels: readonly number[]): FpnDecoder => new FpnDecoder({ ...config, inChannels }, init);
    const both = channels.map((count) => 2 * count);
    this.decoderM1 = decoder(both);
    this.decoderM2 = decoder(both);
    this.decoderFuse = decoder(channels);
    if (translation) {
      this.translateM1ToM2 = translations(alignStages, channels, translation, init);
      this.translateM2ToM1 = translations(alignStages, channels, translation, init);
    }
  }

  /**
   * All three branches and the aligned features, for training.
   *
   * @param inputs m1 [N,H,W,m1Channels] and m2 [N,H,W,m2Channels], H and W multiples of 32
   * @throws RangeError when a size does not fit, or stage 4 is translated and has only one pixel
   */
  call({ m1, m2 }: Readonly<Record<Modality, tf.Tensor4D>>, mode: Mode): StarsOutputs {
    if (!m1 || !m2) throw new Error(`StarsModel: training needs m1 and m2, got ${m1 ? 'm1 alone' : m2 ? 'm2 alone' : 'neither'}`);
    this.assertImage('m1', m1);
    this.assertImage('m2', m2, m1);
    if (this.translateM1ToM2?.stage4 && m1.shape[1] * m1.shape[2] === 32 ** 2) {
      throw new RangeError(
        `StarsModel: the instance norm of stage 4 needs more than one pixel, so more than 32 x 32 of m1, got [${m1.shape}]`,
      );
    }
    return tf.tidy(() => {
      const features1 = this.encode('m1', m1, mode);
      const logitsM1 = this.decode('m1', features1, mode);
      const features2 = this.encode('m2', m2, mode);
      const logitsM2 = this.decode('m2', features2, mode);
      const logitsFuse = this.fused(features1.shared, features2.shared, mode);
      const aligned = Object.fromEntries(
        this.#alignStages.map((stage) => [stage, this.translated(stage, features1.shared[stage - 1], features2.shared[stage - 1])]),
      );
      return { logitsM1, logitsM2, logitsFuse, aligned };
    });
  }

  /**
   * The segmentation from whatever is at hand: from one modality that one's decoder's, from both the fused one's. Nothing of an absent modality
   * runs, and nothing is imputed.
   *
   * @returns logits [N,H,W,K]
   * @throws Error when neither modality is given, RangeError when a size does not fit
   */
  predict({ m1, m2 }: Partial<Readonly<Record<Modality, tf.Tensor4D>>>, mode: Mode = 'eval'): tf.Tensor4D {
    if (!m1 && !m2) throw new Error('StarsModel: m1, m2 or both must be given, got neither');
    return tf.tidy(() => {
      if (m1 && m2) {
        this.assertImage('m1', m1);
        this.assertImage('m2', m2, m1);
        return this.fused(this.shared.call(this.stemM1.call(m1, mode), mode), this.shared.call(this.stemM2.call(m2, mode), mode), mode);
      }
      const modality = m1 ? 'm1' : 'm2';
      return this.decode(modality, this.encode(modality, (m1 ?? m2)!, mode), mode);
    });
  }

  /** The first half of a modality's branch: [N,H,W,C] -> its features, shared before specific. */
  encode(modality: Modality, x: tf.Tensor4D, mode: Mode): ModalityFeatures {
    this.assertImage(modality, x);
    const [stem, specific] = modality === 'm1' ? [this.stemM1, this.specificM1] : [this.stemM2, this.specificM2];
    return tf.tidy(() => {
      const z = stem.call(x, mode);
      return { shared: this.shared.call(z, mode), specific: specific.call(z, mode) };
    });
  }

  /** The second half: features -> logits [N,H,W,K]. */
  decode(modality: Modality, { specific, shared }: ModalityFeatures, mode: Mode): tf.Tensor4D {
    const fusions = (modality === 'm1' ? this.fusionM1 : this.fusionM2) ?? this.fusion!;
    const decoder = modality === 'm1' ? this.decoderM1 : this.decoderM2;
    return tf.tidy(() => {
      const fusedStages = fusions.map((fusion, i) => fusion.call(specific[i], shared[i], mode));
      return decoder.call(fusedStages, mode);
    });
  }

  private fused(sharedM1: readonly tf.Tensor4D[], sharedM2: readonly tf.Tensor4D[], mode: Mode): tf.Tensor4D {
    const stages = this.sharedFusion.map((fusion, i) => fusion.call(sharedM1[i], sharedM2[i], mode));
    return this.decoderFuse.call(stages, mode);
  }

  private translated(stage: Stage, sharedM1: tf.Tensor4D, sharedM2: tf.Tensor4D): AlignedFeatures {
    const translatedM1 = this.translateM1ToM2?.[`stage${stage}`]?.call(sharedM1) ?? tf.clone(sharedM1);
    const translatedM2 = this.translateM2ToM1?.[`stage${stage}`]?.call(sharedM2) ?? tf.clone(sharedM2);
    return { sharedM1, sharedM2, translatedM1, translatedM2 };
  }

  private assertImage(modality: Modality, x: tf.Tensor4D, like?: tf.Tensor4D): void {
    const [n, h, w] = like?.shape ?? [null, null, null];
    assertShape(`StarsModel: ${modality}`, x, [n, h, w, this.#inChannels[modality]]);
    if (x.shape[1] % 32 !== 0 || x.shape[2] % 32 !== 0 || x.size === 0) {
      throw new RangeError(`StarsModel: ${modality} must have sides that are multiples of 32, got [${x.shape}]`);
    }
  }
}

function translations(stages: readonly Stage[], channels: readonly number[], options: TranslationOptions, init: Init): Translations {
  return Object.fromEntries(
    stages.map((stage) => [`stage${stage}`, new TranslationModule({ ...options, channels: channels[stage - 1] }, init)]),
  );
}

function assertStages(layers: readonly number[], alignStages: readonly number[]): void {
  if (layers.length !== 4) throw new RangeError(`StarsModel: layers must be the blocks of 4 stages, got [${layers}]`);
  if (new Set(alignStages).size < alignStages.length || !alignStages.every((stage) => [1, 2, 3, 4].includes(stage))) {
    throw new RangeError(`StarsModel: alignStages must be different ones of 1, 2, 3 and 4, got [${alignStages}]`);
  }
}
