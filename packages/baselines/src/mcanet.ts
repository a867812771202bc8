import * as tf from '@tensorflow/tfjs-core';
import {
  applyConvNormRelu,
  Conv2d,
  convNorm,
  dropout,
  ResNetEncoder,
  resize,
  resnetVariants,
  softmax,
  type ConvNorm,
  type Init,
  type Mode,
  type ResNetConfig,
} from '@rs/nn';
import { assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { paddedConv } from './padded-conv.js';
import { segmentationOutputs, type SegmentationOutputs, type SegmenterConfig } from './segmentation.js';

export interface McaNetConfig extends SegmenterConfig {
  readonly encoder?: Omit<ResNetConfig, 'inChannels' | 'stem' | 'outputStride'>; // of both streams; default ResNet-101
  readonly lowChannels?: number; // of the finest features in the decoder; default 48
  readonly decoderChannels?: number; // of all others there; default 256
  readonly atrousRates?: readonly number[]; // default 6, 12, 18
  readonly dropoutRate?: number; // after the atrous pyramid in training; default 0.5
}

/**
 * MCANet, Li et al. 2022 (Int. J. Appl. Earth Obs. Geoinf. 106): two ResNet-101, multimodal cross attention on their finest and coarsest stage, then
 * DeepLabV3+'s atrous pyramid and decoder. Sizes are those of the public PyTorch reproduction (Ray010221/MCANet): 131.7628 M parameters with 6
 * classes, 4 optical and 2 SAR bands, Table IV of EDC prints 131.76 M.
 *
 * Decisions: S and V meet by a product over the pixels, as in the paper's figure of self-attention; the reproduction multiplies [W,W] maps and
 * values element by element, which only square images allow. Both attended maps are added. The reproduction's stem has a bias (128 values), here none.
 */
export class MCANet {
  readonly SARResnet: ResNetEncoder;
  readonly OPTResnet: ResNetEncoder;
  readonly MCAMLow: CrossAttention;
  readonly MCAMHigh: CrossAttention;
  readonly ASPP: AtrousPyramid;
  readonly conv1: Conv2d; // narrows the coarsest features of both streams
  readonly conv2: Conv2d;
  readonly decoder: { readonly conv: readonly [Conv2d, Conv2d, Conv2d] };
  readonly #channels: Required<OpticalSarChannels>;
  readonly #outputSize: readonly [number, number] | null;

  constructor(config: McaNetConfig, init: Init) {
    const { numClasses, optChannels = 4, sarChannels = 2, outputSize = null, encoder = resnetVariants.resnet101 } = config;
    const { lowChannels = 48, decoderChannels = 256, atrousRates = [6, 12, 18], dropoutRate = 0.5 } = config;
    this.#channels = { optChannels, sarChannels };
    this.#outputSize = outputSize;
    this.SARResnet = new ResNetEncoder({ ...encoder, inChannels: sarChannels }, init);
    this.OPTResnet = new ResNetEncoder({ ...encoder, inChannels: optChannels }, init);
    const { channels } = this.OPTResnet;
    const [low, high] = [channels[0], channels[channels.length - 1]];
    this.MCAMLow = new CrossAttention(low, init);
    this.MCAMHigh = new CrossAttention(high, init);
    const pyramid = { inChannels: high + 2 * decoderChannels, outChannels: decoderChannels, atrousRates, dropoutRate };
    this.ASPP = new AtrousPyramid(pyramid, init);
    this.conv1 = new Conv2d({ inChannels: high, outChannels: decoderChannels, kernelSize: 1, bias: false }, init);
    this.conv2 = new Conv2d({ inChannels: 3 * low, outChannels: lowChannels, kernelSize: 1, bias: false }, init);
    const conv3x3 = (inChannels: number): Conv2d => paddedConv({ inChannels, outChannels: decoderChannels }, init);
    const classifier = new Conv2d({ inChannels: decoderChannels, outChannels: numClasses, kernelSize: 1 }, init);
    this.decoder = { conv: [conv3x3(decoderChannels + lowChannels), conv3x3(decoderChannels), classifier] };
  }

  /** @throws RangeError when optical and sar do not have one size, or not the channels they were configured with */
  call(images: OpticalSar, mode: Mode): SegmentationOutputs {
    assertOpticalSar('MCANet', images, this.#channels);
    return tf.tidy(() => {
      const sar = this.SARResnet.call(images.sar, mode);
      const optical = this.OPTResnet.call(images.optical, mode);
      const [sarLow, opticalLow, sarHigh, opticalHigh] = [sar[0], optical[0], sar[sar.length - 1], optical[optical.length - 1]];
      const low = this.conv2.call(tf.concat([sarLow, opticalLow, this.MCAMLow.call(sarLow, opticalLow)], -1));
      const narrowed = [this.conv1.call(sarHigh), this.conv1.call(opticalHigh)];
      const stage4Cm = this.ASPP.call(tf.concat([...narrowed, this.MCAMHigh.call(sarHigh, opticalHigh)], -1), mode);
      const upsampled = resize(stage4Cm, { size: [low.shape[1], low.shape[2]], mode: 'bilinear' });
      const [conv, refine, classifier] = this.decoder.conv; // no activations in between
      const decoderFeatures = refine.call(conv.call(tf.concat([upsampled, low], -1)));
      return segmentationOutputs({ headLogits: classifier.call(decoderFeatures), decoderFeatures, stage4Cm }, images, this.#outputSize);
    });
  }
}

/**
 * Multimodal cross attention: where both modalities look at the same pixels,
 *     S_m = softmax(Q_m K_m^T),   y = (S_opt * S_sar) V_opt + (S_opt * S_sar) V_sar
 */
class CrossAttention {
  readonly VOPTConv: Conv2d;
  readonly QOPTConv: Conv2d;
  readonly KOPTConv: Conv2d;
  readonly VSARConv: Conv2d;
  readonly QSARConv: Conv2d;
  readonly KSARConv: Conv2d;

  constructor(channels: number, init: Init) {
    const conv = (): Conv2d => new Conv2d({ inChannels: channels, outChannels: channels, kernelSize: 1 }, init);
    [this.VOPTConv, this.QOPTConv, this.KOPTConv] = [conv(), conv(), conv()];
    [this.VSARConv, this.QSARConv, this.KSARConv] = [conv(), conv(), conv()];
  }

  call(sar: tf.Tensor4D, optical: tf.Tensor4D): tf.Tensor4D {
    const [n, h, w, channels] = sar.shape;
    const tokens = (x: tf.Tensor4D): tf.Tensor3D => tf.reshape(x, [n, h * w, channels]);
    const attention = (queries: tf.Tensor4D, keys: tf.Tensor4D): tf.Tensor3D =>
      softmax(tf.matMul<tf.Tensor3D>(tokens(queries), tokens(keys), false, true)); // [N,L,L]
    const ofOptical = attention(this.QOPTConv.call(optical), this.KOPTConv.call(optical));
    const ofSar = attention(this.QSARConv.call(sar), this.KSARConv.call(sar));
    const values = tf.add<tf.Tensor4D>(this.VOPTConv.call(optical), this.VSARConv.call(sar)); // both meet the same map
    return tf.reshape(tf.matMul(tf.mul<tf.Tensor3D>(ofOptical, ofSar), tokens(values)), [n, h, w, channels]);
  }
}

interface AtrousPyramidConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly atrousRates: readonly number[];
  readonly dropoutRate: number;
}

/** Atrous spatial pyramid pooling, Chen et al. 2017, section 3.3: one pixel, three reaches and the whole image side by side. */
class AtrousPyramid {
  readonly convs: readonly ConvNorm[]; // 1x1, one a rate, then that of the mean
  readonly project: ConvNorm;
  readonly #dropoutRate: number;

  constructor({ inChannels, outChannels, atrousRates, dropoutRate }: AtrousPyramidConfig, init: Init) {
    const branch = (kernelSize: number, dilation = 1): ConvNorm => convNorm({ inChannels, outChannels, kernelSize, dilation }, init);
    this.convs = [branch(1), ...atrousRates.map((rate) => branch(3, rate)), branch(1)];
    this.project = convNorm({ inChannels: this.convs.length * outChannels, outChannels, kernelSize: 1 }, init);
    this.#dropoutRate = dropoutRate;
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const [, h, w] = x.shape;
    const last = this.convs.length - 1;
    const branches = this.convs.slice(0, last).map((branch) => applyConvNormRelu(branch, x, mode));
    const mean = applyConvNormRelu(this.convs[last], tf.mean<tf.Tensor4D>(x, [1, 2], true), mode);
    const joined = tf.concat([...branches, resize(mean, { size: [h, w], mode: 'bilinear' })], -1);
    return dropout(applyConvNormRelu(this.project, joined, mode), { rate: this.#dropoutRate, mode });
  }
}
