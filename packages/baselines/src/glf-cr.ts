import * as tf from '@tensorflow/tfjs-core';
import type { Conv2d, Init, Mode } from '@rs/nn';
import type { CloudRemovalOutputs } from './cloud-removal.js';
import { DenseFusionTail } from './dense-fusion-tail.js';
import { DynamicFilterFusion } from './dynamic-filter-fusion.js';
import { assertMultiple, assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { paddedConv } from './padded-conv.js';
import { PairedWindowBlock, type MapPair } from './paired-window-block.js';
import { pixelUnshuffle } from './pixel-shuffle.js';

export interface GlfCrConfig extends OpticalSarChannels {
  readonly channels?: number; // between blocks; default 96
  readonly growth?: number; // channels that each layer of a block adds; default 48
  readonly blocks?: number; // residual dense blocks; default 6
  readonly layers?: number; // of each block; default 5
  readonly numHeads?: number; // must divide growth; default 8
  readonly windowSize?: number; // at half resolution; default 8
  readonly upChannels?: number; // before the last convolution; default 64
  readonly dropPathRate?: number; // of the last layer, rising linearly from 0; default 0.2
}

/**
 * GLF-CR, Xu et al. 2022 (ISPRS J. 192), as its public code has it in the version for M3M-CR (zhu-xlab/M3R-CR): at half resolution two residual dense
 * networks, optical and SAR, whose layers attend in windows, SAR guiding the optical attention (global fusion), and which exchange by dynamic
 * filters after every block (local fusion); the result is added to the cloudy image. Height and width are multiples of 2 windowSize.
 * Table IV of EDC does not count it; here 14.7358 M parameters with 4 optical and 2 SAR bands. The last block's SAR side is read by nothing but its
 * filters: its final gate gets no gradient.
 */
export class GLFCR {
  readonly SFENet1: Conv2d;
  readonly SFENet2: Conv2d;
  readonly SFENet1Sar: Conv2d;
  readonly SFENet2Sar: Conv2d;
  readonly RDBs: readonly GuidedDenseBlock[];
  readonly fusion: readonly DynamicFilterFusion[];
  readonly tail: DenseFusionTail;
  readonly #channels: Required<OpticalSarChannels>;
  readonly #windowSize: number;

  constructor(config: GlfCrConfig, init: Init) {
    const { optChannels = 4, sarChannels = 2, channels = 96, growth = 48, blocks = 6, layers = 5 } = config;
    const { numHeads = 8, windowSize = 8, upChannels = 64, dropPathRate = 0.2 } = config;
    const shallow = (bands: number): Conv2d => paddedConv({ inChannels: 4 * bands, outChannels: channels, kernelSize: 5 }, init);
    const second = (): Conv2d => paddedConv({ inChannels: channels, outChannels: channels }, init);
    const last = Math.max(1, blocks * layers - 1);
    this.#channels = { optChannels, sarChannels };
    this.#windowSize = windowSize;
    [this.SFENet1, this.SFENet2] = [shallow(optChannels), second()];
    [this.SFENet1Sar, this.SFENet2Sar] = [shallow(sarChannels), second()];
    this.RDBs = Array.from({ length: blocks }, (_, i) => {
      const rates = Array.from({ length: layers }, (_, j) => (dropPathRate * (i * layers + j)) / last);
      return new GuidedDenseBlock({ channels, growth, numHeads, windowSize, dropPathRates: rates }, init);
    });
    this.fusion = this.RDBs.map(() => new DynamicFilterFusion({ channels }, init));
    this.tail = new DenseFusionTail({ channels, blocks, upChannels, outChannels: optChannels }, init);
  }

  /** @throws RangeError when optical and sar do not have one size, a multiple of 2 windowSize, or not the channels they were configured with */
  call(images: OpticalSar, mode: Mode): CloudRemovalOutputs {
    assertOpticalSar('GLFCR', images, this.#channels);
    assertMultiple('GLFCR', images, 2 * this.#windowSize);
    return tf.tidy(() => {
      const shallow = this.SFENet1.call(pixelUnshuffle(images.optical, 2));
      let pair: MapPair = [this.SFENet2.call(shallow), this.SFENet2Sar.call(this.SFENet1Sar.call(pixelUnshuffle(images.sar, 2)))];
      const outputs = this.RDBs.map((block, i) => {
        pair = this.fusion[i].call(block.call(pair, mode));
        return pair[0];
      });
      return { reconstruction: tf.add<tf.Tensor4D>(this.tail.call(outputs, shallow), images.optical) };
    });
  }
}

interface GuidedDenseBlockConfig {
  readonly channels: number;
  readonly growth: number;
  readonly numHeads: number;
  readonly windowSize: number;
  readonly dropPathRates: readonly number[]; // one a layer
}

/** A residual dense block, Zhang et al. 2018, for both modalities; what each layer adds has passed the paired window attention. */
class GuidedDenseBlock {
  readonly convs: readonly { readonly conv: Conv2d; readonly convSar: Conv2d; readonly block: PairedWindowBlock }[];
  readonly LFF: Conv2d;
  readonly LFFSar: Conv2d;

  constructor({ channels, growth, numHeads, windowSize, dropPathRates }: GuidedDenseBlockConfig, init: Init) {
    const conv = (inChannels: number, outChannels: number): Conv2d => paddedConv({ inChannels, outChannels }, init);
    const attention = { dim: growth, numHeads, windowSize, mlpRatio: 2, normFirst: false };
    this.convs = dropPathRates.map((dropPathRate, i) => ({
      conv: conv(channels + i * growth, growth),
      convSar: conv(channels + i * growth, growth),
      block: new PairedWindowBlock({ ...attention, shifted: i % 2 === 1, dropPathRate }, init),
    }));
    const grown = channels + dropPathRates.length * growth;
    [this.LFF, this.LFFSar] = [conv(grown, channels), conv(grown, channels)];
  }

  call([optical, sar]: MapPair, mode: Mode): MapPair {
    return tf.tidy(() => {
      let grown: MapPair = [optical, sar];
      for (const { conv, convSar, block } of this.convs) {
        const added = block.call([tf.relu(conv.call(grown[0])), tf.relu(convSar.call(grown[1]))], mode);
        grown = [tf.concat([grown[0], added[0]], -1), tf.concat([grown[1], added[1]], -1)];
      }
      return [tf.add<tf.Tensor4D>(this.LFF.call(grown[0]), optical), tf.add<tf.Tensor4D>(this.LFFSar.call(grown[1]), sar)];
    });
  }
}
