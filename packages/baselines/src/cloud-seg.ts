import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm2d, Conv2d, Linear, maxPool2d, resize, type Init, type Mode } from '@rs/nn';
import { maxOverChannels } from './max-over-channels.js';
import { MixTransformer, mixTransformerVariants, type MixTransformerSize } from './mix-transformer.js';
import { assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { segmentationOutputs, type SegmentationOutputs, type SegmenterConfig } from './segmentation.js';
import { UNetDecoder } from './u-net-decoder.js';

export interface CloudSegConfig extends SegmenterConfig {
  readonly encoder?: MixTransformerSize; // of each of the three streams; default b4
  readonly decoderChannels?: readonly number[]; // coarse to fine; default 256, 128, 64, 32, 16
  readonly crHidden?: number; // width inside the cloud removal head; default 64
}

export type CloudSegOutputs = SegmentationOutputs & {
  readonly reconstruction?: tf.Tensor4D; // [N,H,W,optChannels] cloud-free image, not clipped; absent when it was not asked for
};

export interface CloudSegCallOptions {
  readonly reconstruct?: boolean; // false: skip the cloud removal decoder, for maps alone; default true
}

/**
 * CloudSeg, Xu et al. 2024 (ISPRS J. 214), as its public code has it, the network that EDC descends from: three mix transformers, fused stage by
 * stage, a U-Net decoder for land cover on the fused features and one for the cloud-free image on the optical ones.
 * 203.2158 M parameters with 6 classes, 4 optical and 2 SAR bands, as the EDC specification counts the public code (Table IV prints 203.21 M).
 * Every stream is a whole U-Net there, whatever runs of it: the optical stream's segmentation head, the SAR stream's decoder and head and the
 * first stage of the cross-modal stream get no gradient, nor does the context of the missing cross-modal input in the first fusion.
 */
export class CloudSeg {
  readonly modality1Stream: UNet; // optical
  readonly modality2Stream: UNet; // SAR
  readonly crossModalityStream: UNet;
  readonly fuseBlockStage1: FuseBlock;
  readonly fuseBlockStage2: FuseBlock;
  readonly fuseBlockStage3: FuseBlock;
  readonly fuseBlockStage4: FuseBlock;
  readonly crHead: readonly [Conv2d, Conv2d];
  readonly #channels: Required<OpticalSarChannels>;
  readonly #outputSize: readonly [number, number] | null;

  constructor(config: CloudSegConfig, init: Init) {
    const { numClasses, optChannels = 4, sarChannels = 2, outputSize = null } = config;
    const { encoder = mixTransformerVariants.b4, decoderChannels = [256, 128, 64, 32, 16], crHidden = 64 } = config;
    const { dims } = encoder;
    const unet = (inChannels: number): UNet => new UNet({ inChannels, encoder, decoderChannels, numClasses }, init);
    const fuse = (stage: number): FuseBlock => new FuseBlock({ channels: dims[stage], first: stage === 0 }, init);
    const conv = (inChannels: number, outChannels: number): Conv2d =>
      new Conv2d({ inChannels, outChannels, kernelSize: 3, padding: 1 }, init);
    this.#channels = { optChannels, sarChannels };
    this.#outputSize = outputSize;
    [this.modality1Stream, this.modality2Stream, this.crossModalityStream] = [unet(optChannels), unet(sarChannels), unet(3)];
    [this.fuseBlockStage1, this.fuseBlockStage2, this.fuseBlockStage3, this.fuseBlockStage4] = [fuse(0), fuse(1), fuse(2), fuse(3)];
    this.crHead = [conv(decoderChannels[decoderChannels.length - 1], crHidden), conv(crHidden, optChannels)];
  }

  /** @throws RangeError when optical and sar do not have one size, or not the channels they were configured with */
  call(images: OpticalSar, mode: Mode, { reconstruct = true }: CloudSegCallOptions = {}): CloudSegOutputs {
    assertOpticalSar('CloudSeg', images, this.#channels);
    return tf.tidy(() => {
      const stages: FusedStage[] = [];
      let before: OpticalSar & { readonly cm?: tf.Tensor4D } = images;
      [this.fuseBlockStage1, this.fuseBlockStage2, this.fuseBlockStage3, this.fuseBlockStage4].forEach((fuse, i) => {
        const optical = this.modality1Stream.encoder.stage(i, before.optical, mode);
        const sar = this.modality2Stream.encoder.stage(i, before.sar, mode);
        const cm = before.cm && this.crossModalityStream.encoder.stage(i, before.cm, mode);
        const fused = fuse.call({ optical, sar, cm }, mode);
        stages.push(fused);
        before = fused;
      });
      const decoderFeatures = this.crossModalityStream.decoded(stages.map(({ cm }) => cm), mode); // prettier-ignore
      const headLogits = this.crossModalityStream.segmentationHead[0].call(decoderFeatures);
      const outputs = segmentationOutputs({ headLogits, decoderFeatures, stage4Cm: stages[3].cm }, images, this.#outputSize);
      return reconstruct ? { ...outputs, reconstruction: this.reconstruction(stages, images, mode) } : outputs;
    });
  }

  private reconstruction(stages: readonly FusedStage[], { optical }: OpticalSar, mode: Mode): tf.Tensor4D {
    const features = this.modality1Stream.decoded(stages.map((stage) => stage.optical), mode); // prettier-ignore
    const image = this.crHead[1].call(this.crHead[0].call(features)); // no activation in between or after
    return resize(image, { size: [optical.shape[1], optical.shape[2]], mode: 'bilinear' });
  }
}

interface UNetConfig {
  readonly inChannels: number;
  readonly encoder: MixTransformerSize;
  readonly decoderChannels: readonly number[];
  readonly numClasses: number;
}

/** One stream; its parts are called by CloudSeg, the fusion runs between the encoder's stages. */
class UNet {
  readonly encoder: MixTransformer;
  readonly decoder: UNetDecoder;
  readonly segmentationHead: readonly [Conv2d];

  constructor({ inChannels, encoder, decoderChannels, numClasses }: UNetConfig, init: Init) {
    const [coarsest, ...skipChannels] = [...encoder.dims].reverse();
    const outChannels = decoderChannels[decoderChannels.length - 1];
    this.encoder = new MixTransformer({ ...encoder, inChannels }, init);
    this.decoder = new UNetDecoder({ inChannels: coarsest, skipChannels, decoderChannels, upsampling: { mode: 'nearest' } }, init);
    this.segmentationHead = [new Conv2d({ inChannels: outChannels, outChannels: numClasses, kernelSize: 3, padding: 1 }, init)];
  }

  /** stages fine to coarse */
  decoded(stages: readonly tf.Tensor4D[], mode: Mode): tf.Tensor4D {
    const [coarsest, ...skips] = [...stages].reverse();
    return this.decoder.call(coarsest, skips, mode);
  }
}

interface FusedStage {
  readonly optical: tf.Tensor4D;
  readonly sar: tf.Tensor4D;
  readonly cm: tf.Tensor4D;
}

/**
 * CloudSeg's fusion, the form of EDC's without discrepancy-conditioned descriptors: A from the difference gates the optical context itself, and
 * squeeze-and-excitation weighs the channels of all modalities.
 */
class FuseBlock {
  readonly modality1Msc: MultiScaleContext;
  readonly modality2Msc: MultiScaleContext;
  readonly crossModalityMsc: MultiScaleContext;
  readonly spatialAttnBlock: { readonly spatial: { readonly conv: Conv2d; readonly bn: BatchNorm2d } };
  readonly updateCrossModalityBlock: { readonly excitation: { readonly 0: Linear; readonly 2: Linear } };
  readonly modality1DistributeConv: Conv2d;
  readonly modality2DistributeConv: Conv2d;

  constructor({ channels, first }: { channels: number; first: boolean }, init: Init) {
    const descriptor = (first ? 2 : 3) * channels;
    const hidden = Math.max(1, Math.floor(descriptor / 16));
    const distribute = (): Conv2d => new Conv2d({ inChannels: channels, outChannels: channels, kernelSize: 3, padding: 1 }, init);
    this.modality1Msc = new MultiScaleContext(channels, init);
    this.modality2Msc = new MultiScaleContext(channels, init);
    this.crossModalityMsc = new MultiScaleContext(channels, init);
    this.spatialAttnBlock = {
      spatial: {
        conv: new Conv2d({ inChannels: 2, outChannels: 1, kernelSize: 7, padding: 3, bias: false }, init),
        bn: new BatchNorm2d({ channels: 1, momentum: 0.01 }),
      },
    };
    this.updateCrossModalityBlock = {
      excitation: {
        0: new Linear({ inFeatures: descriptor, outFeatures: hidden, bias: false }, init),
        2: new Linear({ inFeatures: hidden, outFeatures: descriptor, bias: false }, init),
      },
    };
    [this.modality1DistributeConv, this.modality2DistributeConv] = [distribute(), distribute()];
  }

  call({ optical, sar, cm }: OpticalSar & { readonly cm?: tf.Tensor4D }, mode: Mode): FusedStage {
    const opticalContext = this.modality1Msc.call(optical);
    const sarContext = this.modality2Msc.call(sar);
    const attention = this.attention(tf.sub(opticalContext, sarContext), mode); // [N,H,W,1]
    const fused = this.weighed([tf.mul(attention, opticalContext), sarContext, ...(cm ? [this.crossModalityMsc.call(cm)] : [])]);
    return {
      optical: distributed(optical, tf.sub(fused, opticalContext), this.modality1DistributeConv),
      sar: distributed(sar, tf.sub(fused, sarContext), this.modality2DistributeConv),
      cm: fused,
    };
  }

  private attention(difference: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const { conv, bn } = this.spatialAttnBlock.spatial;
    const pooled = tf.concat([maxOverChannels(difference), tf.mean<tf.Tensor4D>(difference, -1, true)], -1); // [N,H,W,2]
    return tf.sigmoid(bn.call(conv.call(pooled), mode));
  }

  /** Squeeze-and-excitation over all channels of all maps, Hu et al. 2018, then their sum. */
  private weighed(maps: tf.Tensor4D[]): tf.Tensor4D {
    const { excitation } = this.updateCrossModalityBlock;
    const descriptor = tf.concat(maps.map((map) => tf.mean<tf.Tensor4D>(map, [1, 2], true)), -1); // prettier-ignore
    const weights = tf.split<tf.Tensor4D>(tf.sigmoid(excitation[2].call(tf.relu(excitation[0].call(descriptor)))), maps.length, -1);
    return tf.addN(maps.map((map, i) => tf.mul(map, weights[i]))) as tf.Tensor4D;
  }
}

/** relu(conv1x1([x, up(maxpool2 x), up(maxpool4 x)])), up nearest; pools are clipped to a smaller map. */
class MultiScaleContext {
  readonly conv: readonly [Conv2d];

  constructor(channels: number, init: Init) {
    this.conv = [new Conv2d({ inChannels: 3 * channels, outChannels: channels, kernelSize: 1 }, init)];
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    const [, h, w] = x.shape;
    const coarser = [2, 4].map((size) => {
      const pooled = maxPool2d(x, { kernelSize: [Math.min(size, h), Math.min(size, w)] });
      return resize(pooled, { size: [h, w], mode: 'nearest' });
    });
    return tf.relu(this.conv[0].call(tf.concat([x, ...coarser], -1)));
  }
}

/** m + d sigmoid(conv(d)) */
const distributed = (input: tf.Tensor4D, difference: tf.Tensor4D, conv: Conv2d): tf.Tensor4D =>
  tf.add(input, tf.mul(difference, tf.sigmoid(conv.call(difference))));
