import * as tf from '@tensorflow/tfjs-core';
import {
  MultiScalePool,
  residualGate,
  resize,
  SeGate,
  SpatialGate,
  UNetDecoder,
  type Conv2d,
  type Init,
  type Linear,
  type Mode,
} from '@rs/nn';
import { MixTransformer, mixTransformerVariants, type MixTransformerSize } from './mix-transformer.js';
import { assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { paddedConv } from './padded-conv.js';
import { segmentationOutputs, type SegmentationOutputs, type SegmenterConfig } from './segmentation.js';

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
    const conv = (inChannels: number, outChannels: number): Conv2d => paddedConv({ inChannels, outChannels }, init);
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
      const decoderFeatures = this.crossModalityStream.decoder.call(stages.map(({ cm }) => cm), mode); // prettier-ignore
      const headLogits = this.crossModalityStream.segmentationHead[0].call(decoderFeatures);
      const outputs = segmentationOutputs({ headLogits, decoderFeatures, stage4Cm: stages[3].cm }, images, this.#outputSize);
      return reconstruct ? { ...outputs, reconstruction: this.reconstruction(stages, images, mode) } : outputs;
    });
  }

  private reconstruction(stages: readonly FusedStage[], { optical }: OpticalSar, mode: Mode): tf.Tensor4D {
    const features = this.modality1Stream.decoder.call(stages.map((stage) => stage.optical), mode); // prettier-ignore
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
    const outChannels = decoderChannels[decoderChannels.length - 1];
    this.encoder = new MixTransformer({ ...encoder, inChannels }, init);
    this.decoder = new UNetDecoder({ encoderChannels: encoder.dims, decoderChannels }, init);
    this.segmentationHead = [paddedConv({ inChannels: outChannels, outChannels: numClasses }, init)];
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
  readonly modality1Msc: MultiScalePool;
  readonly modality2Msc: MultiScalePool;
  readonly crossModalityMsc: MultiScalePool;
  readonly spatialAttnBlock: SpatialGate;
  readonly updateCrossModalityBlock: { readonly excitation: { readonly 0: Linear; readonly 2: Linear } };
  readonly modality1DistributeConv: Conv2d;
  readonly modality2DistributeConv: Conv2d;
  readonly #channelGate: SeGate; // its layers are those of updateCrossModalityBlock

  constructor({ channels, first }: { channels: number; first: boolean }, init: Init) {
    const distribute = (): Conv2d => paddedConv({ inChannels: channels, outChannels: channels }, init);
    this.modality1Msc = new MultiScalePool({ channels }, init);
    this.modality2Msc = new MultiScalePool({ channels }, init);
    this.crossModalityMsc = new MultiScalePool({ channels }, init);
    this.spatialAttnBlock = new SpatialGate({}, init);
    this.#channelGate = new SeGate({ channels: (first ? 2 : 3) * channels }, init);
    this.updateCrossModalityBlock = { excitation: { 0: this.#channelGate.fc1, 2: this.#channelGate.fc2 } };
    [this.modality1DistributeConv, this.modality2DistributeConv] = [distribute(), distribute()];
  }

  call({ optical, sar, cm }: OpticalSar & { readonly cm?: tf.Tensor4D }, mode: Mode): FusedStage {
    const opticalContext = this.modality1Msc.call(optical);
    const sarContext = this.modality2Msc.call(sar);
    const attention = this.spatialAttnBlock.call(tf.sub(opticalContext, sarContext), mode); // [N,H,W,1]
    const fused = this.weighed([tf.mul(attention, opticalContext), sarContext, ...(cm ? [this.crossModalityMsc.call(cm)] : [])]);
    return {
      optical: residualGate(optical, tf.sub(fused, opticalContext), this.modality1DistributeConv),
      sar: residualGate(sar, tf.sub(fused, sarContext), this.modality2DistributeConv),
      cm: fused,
    };
  }

  /** Squeeze-and-excitation over all channels of all maps, Hu et al. 2018, then their sum. */
  private weighed(maps: tf.Tensor4D[]): tf.Tensor4D {
    const means = maps.map((map) => tf.mean<tf.Tensor2D>(map, [1, 2]));
    const weights = tf.split(this.#channelGate.call(tf.concat(means, -1)), maps.length, -1); // [N,C] each
    return tf.addN(maps.map((map, i) => tf.mul(map, tf.reshape(weights[i], [-1, 1, 1, map.shape[3]])))) as tf.Tensor4D;
  }
}
