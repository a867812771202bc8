import * as tf from '@tensorflow/tfjs-core';
import { resize, type Conv2d, type Init, type Mode } from '@rs/nn';
import type { CloudRemovalOutputs } from './cloud-removal.js';
import { DeformableConv2d } from './deformable-conv2d.js';
import { DenseFusionTail } from './dense-fusion-tail.js';
import { DynamicFilterFusion } from './dynamic-filter-fusion.js';
import { assertMultiple, assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { paddedConv } from './padded-conv.js';
import { PairedWindowBlock, type MapPair } from './paired-window-block.js';
import { pixelUnshuffle } from './pixel-shuffle.js';
import { WideActivationBlock } from './wide-activation-block.js';

export interface AlignCrConfig extends OpticalSarChannels {
  readonly channels?: number; // between blocks, a multiple of alignGroups; default 96
  readonly growth?: number; // channels that each layer of a block adds; default 48
  readonly blocks?: number; // residual dense blocks; default 6
  readonly layers?: number; // of each block; default 5
  readonly shallowBlocks?: number; // before them, of each modality; default 5
  readonly numHeads?: number; // must divide channels; default 8
  readonly windowSize?: number; // at half resolution; default 8
  readonly alignGroups?: number; // sets of offsets in an alignment; default 8
  readonly upChannels?: number; // before the last convolution; default 64
}

/**
 * Align-CR, Xu et al. 2023 (IEEE TGRS 61), as its public code has it (zhu-xlab/M3R-CR): GLF-CR's frame, but before every block SAR features are
 * aligned to the optical ones by deformable convolutions over three scales, and a block attends in windows once, after its dense layers.
 * Height and width are multiples of 2 windowSize and of 8. Table IV of EDC does not count it; here 45.5285 M parameters with 4 optical and 2 SAR bands.
 * The last block's final gate gets no gradient: nothing reads its SAR side.
 */
export class AlignCR {
  readonly SFEConv: Conv2d;
  readonly SFEModule: readonly WideActivationBlock[];
  readonly SFEConvSar: Conv2d;
  readonly SFEModuleSar: readonly WideActivationBlock[];
  readonly SFAlign: readonly FeatureAlignment[];
  readonly RDBs: readonly AttendedDenseBlock[];
  readonly fusion: readonly DynamicFilterFusion[];
  readonly tail: DenseFusionTail;
  readonly #channels: Required<OpticalSarChannels>;
  readonly #windowSize: number;

  constructor(config: AlignCrConfig, init: Init) {
    const { optChannels = 4, sarChannels = 2, channels = 96, growth = 48, blocks = 6, layers = 5, shallowBlocks = 5 } = config;
    const { numHeads = 8, windowSize = 8, alignGroups = 8, upChannels = 64 } = config;
    const shallow = (): WideActivationBlock[] => Array.from({ length: shallowBlocks }, () => new WideActivationBlock(channels, init));
    this.#channels = { optChannels, sarChannels };
    this.#windowSize = windowSize;
    [this.SFEConv, this.SFEModule] = [conv3x3(4 * optChannels, channels, init), shallow()];
    [this.SFEConvSar, this.SFEModuleSar] = [conv3x3(4 * sarChannels, channels, init), shallow()];
    this.SFAlign = Array.from({ length: blocks }, () => new FeatureAlignment({ channels, groups: alignGroups }, init));
    this.RDBs = this.SFAlign.map(
      (_, i) => new AttendedDenseBlock({ channels, growth, layers, numHeads, windowSize, shifted: i % 2 === 1 }, init),
    );
    this.fusion = this.SFAlign.map(() => new DynamicFilterFusion({ channels }, init));
    this.tail = new DenseFusionTail({ channels, blocks, upChannels, outChannels: optChannels }, init);
  }

  /** @throws RangeError when optical and sar do not have one size, a multiple of 2 windowSize and of 8, or not the channels they were configured with */
  call(images: OpticalSar, mode: Mode): CloudRemovalOutputs {
    assertOpticalSar('AlignCR', images, this.#channels);
    assertMultiple('AlignCR', images, 2 * this.#windowSize);
    assertMultiple('AlignCR', images, 8);
    return tf.tidy(() => {
      const shallow = this.SFEConv.call(pixelUnshuffle(images.optical, 2));
      const shallowSar = this.SFEConvSar.call(pixelUnshuffle(images.sar, 2));
      const through = (x: tf.Tensor4D, module: readonly WideActivationBlock[]): tf.Tensor4D =>
        module.reduce((features, block) => block.call(features), tf.relu(x));
      let pair: MapPair = [through(shallow, this.SFEModule), through(shallowSar, this.SFEModuleSar)];
      const outputs = this.RDBs.map((block, i) => {
        const aligned = this.SFAlign[i].call(pair[1], pair[0]);
        pair = this.fusion[i].call(block.call([pair[0], aligned], mode));
        return pair[0];
      });
      return { reconstruction: tf.add<tf.Tensor4D>(this.tail.call(outputs, shallow), images.optical) };
    });
  }
}

const conv3x3 = (inChannels: number, outChannels: number, init: Init, stride = 1): Conv2d =>
  paddedConv({ inChannels, outChannels, stride }, init);

const conv1x1 = (inChannels: number, outChannels: number, init: Init): Conv2d =>
  paddedConv({ inChannels, outChannels, kernelSize: 1 }, init);

const doubled = (x: tf.Tensor4D): tf.Tensor4D => resize(x, { size: [2 * x.shape[1], 2 * x.shape[2]], mode: 'bilinear' });

interface AttendedDenseBlockConfig {
  readonly channels: number;
  readonly growth: number;
  readonly layers: number;
  readonly numHeads: number;
  readonly windowSize: number;
  readonly shifted: boolean;
}

/** A residual dense block, Zhang et al. 2018, for both modalities, then a window attention for both. */
class AttendedDenseBlock {
  readonly convs: readonly { readonly conv: Conv2d; readonly convSar: Conv2d }[];
  readonly LFF: Conv2d;
  readonly LFFSar: Conv2d;
  readonly swinTransformerBlock: PairedWindowBlock;

  constructor({ channels, growth, layers, ...attention }: AttendedDenseBlockConfig, init: Init) {
    this.convs = Array.from({ length: layers }, (_, i) => ({
      conv: conv3x3(channels + i * growth, growth, init),
      convSar: conv3x3(channels + i * growth, growth, init),
    }));
    const grown = channels + layers * growth;
    [this.LFF, this.LFFSar] = [conv3x3(grown, channels, init), conv3x3(grown, channels, init)];
    this.swinTransformerBlock = new PairedWindowBlock({ ...attention, dim: channels, mlpRatio: 4, normFirst: true }, init);
  }

  call([optical, sar]: MapPair, mode: Mode): MapPair {
    return tf.tidy(() => {
      const grow = (x: tf.Tensor4D, convs: readonly Conv2d[]): tf.Tensor4D =>
        convs.reduce((grown, conv) => tf.concat([grown, tf.relu(conv.call(grown))], -1), x);
      const fused: MapPair = [
        this.LFF.call(grow(optical, this.convs.map(({ conv }) => conv))), // prettier-ignore
        this.LFFSar.call(grow(sar, this.convs.map(({ convSar }) => convSar))), // prettier-ignore
      ];
      const [x, y] = this.swinTransformerBlock.call(fused, mode);
      return [tf.add<tf.Tensor4D>(x, optical), tf.add<tf.Tensor4D>(y, sar)];
    });
  }
}

interface FeatureAlignmentConfig {
  readonly channels: number;
  readonly groups: number;
}

/** SAR features moved to where the optical ones have the same structure: a feature pyramid of each, then a cascade of deformable convolutions. */
class FeatureAlignment {
  readonly src: Pyramid;
  readonly ref: Pyramid;
  readonly pcdAlign: CascadedAlignment;

  constructor({ channels, groups }: FeatureAlignmentConfig, init: Init) {
    [this.src, this.ref] = [new Pyramid(channels, init), new Pyramid(channels, init)];
    this.pcdAlign = new CascadedAlignment({ channels, groups }, init);
  }

  call(source: tf.Tensor4D, reference: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => this.pcdAlign.call(this.src.call(source), this.ref.call(reference)));
  }
}

/** Feature pyramid of three scales, Lin et al. 2017. */
class Pyramid {
  readonly L2Conv1: Conv2d;
  readonly L3Conv1: Conv2d;
  readonly toplayer: Conv2d;
  readonly smooth1: Conv2d;
  readonly smooth2: Conv2d;
  readonly latlayer1: Conv2d;
  readonly latlayer2: Conv2d;

  constructor(channels: number, init: Init) {
    [this.L2Conv1, this.L3Conv1] = [conv3x3(channels, 2 * channels, init, 2), conv3x3(2 * channels, 4 * channels, init, 2)];
    [this.smooth1, this.smooth2] = [conv3x3(channels, channels, init), conv3x3(channels, channels, init)];
    this.toplayer = conv1x1(4 * channels, channels, init);
    [this.latlayer1, this.latlayer2] = [conv1x1(2 * channels, channels, init), conv1x1(channels, channels, init)];
  }

  /** [N,H,W,C] -> the same width at strides 1, 2, 4 */
  call(x: tf.Tensor4D): tf.Tensor4D[] {
    const second = tf.relu(this.L2Conv1.call(x));
    const third = tf.relu(this.toplayer.call(tf.relu(this.L3Conv1.call(second))));
    const finer = this.smooth1.call(tf.add(doubled(third), this.latlayer1.call(second)));
    return [this.smooth2.call(tf.add(doubled(finer), this.latlayer2.call(x))), finer, third];
  }
}

interface AlignmentLevel {
  readonly offsetConv1: Conv2d;
  readonly offsetConv2: Conv2d;
  readonly offsetConv3?: Conv2d; // of levels that get offsets from below
  readonly dcn: DeformableConv2d;
  readonly featConv?: Conv2d;
}

/** EDVR's alignment, Wang et al. 2019, section 3.2: offsets from coarse to fine, twice as long each time, and a last one on the result. */
class CascadedAlignment {
  readonly levels: readonly AlignmentLevel[]; // fine to coarse
  readonly casOffsetConv1: Conv2d;
  readonly casOffsetConv2: Conv2d;
  readonly casDcn: DeformableConv2d;

  constructor({ channels, groups }: FeatureAlignmentConfig, init: Init) {
    const joined = (): Conv2d => conv3x3(2 * channels, channels, init);
    const same = (): Conv2d => conv3x3(channels, channels, init);
    const dcn = (): DeformableConv2d => new DeformableConv2d({ channels, groups }, init);
    this.levels = [0, 1, 2].map((level): AlignmentLevel => {
      if (level === 2) return { offsetConv1: joined(), offsetConv2: same(), dcn: dcn() };
      return { offsetConv1: joined(), offsetConv2: joined(), offsetConv3: same(), dcn: dcn(), featConv: joined() };
    });
    [this.casOffsetConv1, this.casOffsetConv2, this.casDcn] = [joined(), same(), dcn()];
  }

  call(source: readonly tf.Tensor4D[], reference: readonly tf.Tensor4D[]): tf.Tensor4D {
    let below: { readonly offset: tf.Tensor4D; readonly features: tf.Tensor4D } | undefined;
    for (const level of [2, 1, 0]) {
      const { offsetConv1, offsetConv2, offsetConv3, dcn, featConv } = this.levels[level];
      const first = leaky(offsetConv1.call(tf.concat([source[level], reference[level]], -1)));
      const joined = below ? tf.concat([first, tf.mul<tf.Tensor4D>(doubled(below.offset), 2)], -1) : first;
      const second = leaky(offsetConv2.call(joined));
      const offset = offsetConv3 ? leaky(offsetConv3.call(second)) : second;
      const moved = dcn.call(source[level], offset);
      const features = below && featConv ? featConv.call(tf.concat([moved, doubled(below.features)], -1)) : moved;
      below = { offset, features: level > 0 ? leaky(features) : features };
    }
    const { features } = below!;
    const offset = leaky(this.casOffsetConv2.call(leaky(this.casOffsetConv1.call(tf.concat([features, reference[0]], -1)))));
    return leaky(this.casDcn.call(features, offset));
  }
}

const leaky = (x: tf.Tensor4D): tf.Tensor4D => tf.leakyRelu(x, 0.1);
