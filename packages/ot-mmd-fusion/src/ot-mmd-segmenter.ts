import * as tf from '@tensorflow/tfjs-core';
import { assertShape, kaimingNormalInit, torchInit, type Mode, type Random } from '@rs/nn';
import { assertOneOf, assertSides } from './assert-inputs.js';
import { CnnEncoder, type CnnEncoderConfig } from './cnn-encoder.js';
import { ConcatFusionBlock } from './concat-fusion-block.js';
import { FrequencyAwareDecoder, type FrequencyAwareDecoderOptions } from './frequency-aware-decoder.js';
import type { FusedFeatures, FusionBlock, FusionChannels } from './fusion-block.js';
import { SynergisticFusionBlock, type SynergisticFusionOptions } from './synergistic-fusion-block.js';
import { VssEncoder, vssInit, type VssEncoderConfig } from './vss-encoder.js';

/** The paper's models: what each puts into its fusion blocks; A joins by concatenation. */
export const segmenterVariants = {
  A: undefined,
  A0: { mmd: false, ssmLayers: 0 },
  A1: { ssmLayers: 0 },
  A2: { ssmLayers: 1 },
  A3: { ssmLayers: 2 },
} as const satisfies Record<string, SynergisticFusionOptions | undefined>;

export type SegmenterVariant = keyof typeof segmenterVariants;

export interface OtMmdSegmenterConfig {
  readonly imageChannels?: number; // default 3
  readonly auxChannels?: number; // of the second sensor, the elevation; default 1
  readonly numClasses?: number; // default 6
  readonly variant?: SegmenterVariant; // default A2
  readonly cnn?: Omit<CnnEncoderConfig, 'inChannels'>;
  readonly vss?: Omit<VssEncoderConfig, 'inChannels'>; // as many stages as cnn
  readonly fusion?: SynergisticFusionOptions & Pick<FusionChannels, 'residual'>; // over the variant's preset; of A only residual counts
  readonly decoder?: FrequencyAwareDecoderOptions;
  readonly feedback?: boolean; // the fused features go on into the next stage of the CNN; default true
  readonly alignReduction?: 'mean' | 'sum'; // of the stages' alignment losses; default mean
}

export interface SegmenterOutputs {
  readonly logits: tf.Tensor4D; // [N,H,W,numClasses]
  readonly alignLoss: tf.Scalar; // 0 for A and A0
  readonly alignLosses: tf.Tensor1D; // [stages]
}

/**
 * Segmentation of an image and a second sensor: a CNN reads the image, a selective-scan encoder the other, a fusion block joins them at each stage
 * and a frequency-aware decoder writes the classes. The training loss is cross-entropy + lambda alignLoss, lambda 0.05 to 0.2.
 */
export class OtMmdSegmenter {
  readonly cnn: CnnEncoder;
  readonly vss: VssEncoder;
  readonly fusion: readonly FusionBlock[];
  readonly decoder: FrequencyAwareDecoder;
  readonly #channels: readonly [number, number];
  readonly #feedback: boolean;
  readonly #alignReduction: 'mean' | 'sum';

  /** @throws RangeError when the encoders differ in stages, the variant is unknown, or an option is out of its range */
  constructor(config: OtMmdSegmenterConfig, random: Random) {
    const { imageChannels = 3, auxChannels = 1, numClasses = 6, variant = 'A2', cnn, vss, decoder } = config;
    const dims = vss?.dims ?? [96, 192, 384, 768];
    assertOneOf('OtMmdSegmenter: variant', variant, Object.keys(segmenterVariants));
    this.#channels = [imageChannels, auxChannels];
    this.#feedback = config.feedback ?? true;
    this.#alignReduction = config.alignReduction ?? 'mean';
    this.cnn = new CnnEncoder({ ...cnn, inChannels: imageChannels }, kaimingNormalInit(random));
    const { channels } = this.cnn;
    if (channels.length !== dims.length) {
      throw new RangeError(`OtMmdSegmenter: cnn and vss must have the same stages, got channels [${channels}] and dims [${dims}]`);
    }
    this.vss = new VssEncoder({ ...vss, dims, inChannels: auxChannels }, vssInit(random));
    this.fusion = channels.map((channels1, i) => fusionBlock(variant, { channels1, channels2: dims[i] }, config.fusion, random));
    this.decoder = new FrequencyAwareDecoder({ ...decoder, channels, numClasses }, random);
  }

  /**
   * image [N,H,W,imageChannels], aux [N,H,W,auxChannels]
   *
   * @throws RangeError when the shapes do not agree, or a side is not a multiple of the coarsest stride (32 with four stages)
   */
  call(image: tf.Tensor4D, aux: tf.Tensor4D, mode: Mode): SegmenterOutputs {
    const [imageChannels, auxChannels] = this.#channels;
    assertShape('OtMmdSegmenter: image', image, [null, null, null, imageChannels]);
    assertShape('OtMmdSegmenter: aux', aux, [...image.shape.slice(0, 3), auxChannels]);
    assertSides('OtMmdSegmenter: image', image, 2 ** (this.fusion.length + 1));
    return tf.tidy(() => {
      const stages = this.#fusedStages(image, aux, mode);
      const alignLosses = tf.stack(stages.map(({ alignLoss }) => alignLoss)) as tf.Tensor1D;
      return {
        logits: this.decoder.call(
          stages.map(({ fused }) => fused),
          mode,
        ),
        alignLoss: this.#alignReduction === 'mean' ? tf.mean<tf.Scalar>(alignLosses) : tf.sum<tf.Scalar>(alignLosses),
        alignLosses,
      };
    });
  }

  #fusedStages(image: tf.Tensor4D, aux: tf.Tensor4D, mode: Mode): FusedFeatures[] {
    const context = this.vss.call(aux, mode);
    let x = this.cnn.stem(image, mode);
    return this.fusion.map((block, i) => {
      const texture = this.cnn.stage(i, x, mode);
      const stage = block.call(texture, context[i], mode);
      x = this.#feedback ? stage.fused : texture;
      return stage;
    });
  }
}

function fusionBlock(
  variant: SegmenterVariant,
  channels: Pick<FusionChannels, 'channels1' | 'channels2'>,
  options: OtMmdSegmenterConfig['fusion'],
  random: Random,
): FusionBlock {
  const init = torchInit(random);
  const preset = segmenterVariants[variant];
  if (!preset) return new ConcatFusionBlock({ ...channels, residual: options?.residual }, init);
  const given = Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)); // absent: the preset's
  return new SynergisticFusionBlock({ ...preset, ...given, ...channels }, init);
}
