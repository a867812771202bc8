import * as tf from '@tensorflow/tfjs-core';
import {
  applyConvNorm,
  applyConvNormRelu,
  Conv2d,
  convNorm,
  dropout,
  EcaGate,
  ResNetEncoder,
  resize,
  resnetVariants,
  type ConvNorm,
  type Init,
  type Mode,
} from '@rs/nn';
import { assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { segmentationOutputs, type SegmentationOutputs, type SegmenterConfig } from './segmentation.js';

interface BottleneckSizes {
  readonly layers: readonly [number, number, number, number]; // bottlenecks of each layer
  readonly width?: number; // planes of layer 1; default 64
}

export interface AmmFuseNetConfig extends SegmenterConfig {
  readonly encoder?: BottleneckSizes; // of both streams; default ResNet-50
  readonly projected?: number; // channels of each layer in the decoder; default 48
  readonly decoderChannels?: number; // of the atrous pyramids and the classifier; default 256
  readonly dropoutRate?: number; // after the pyramids in training; default 0.1
}

/**
 * AMM-FuseNet, Ma et al. 2022 (Remote Sensing 14(18), 4458), as its public code has it (ReSIF/AMM-FuseNet): two ResNet-50 at stride 8, every layer
 * narrowed and weighed by channel attention, a densely connected atrous pyramid on the finest layer of each stream, all side by side at stride 4.
 * 62.3042 M parameters with 6 classes, 4 optical and 2 SAR bands; Table IV of EDC prints 62.3 M. Its 43.21 GMAC fit the stride of 8 alone.
 * `stage4Cm` is both coarsest layers side by side, narrowed and weighed.
 */
export class AMMFuseNet {
  readonly backbone1: ResNetEncoder; // optical
  readonly backbone2: ResNetEncoder; // SAR
  readonly optical: StreamHead;
  readonly sar: StreamHead;
  readonly classifier: { readonly 0: ConvNorm[0]; readonly 1: ConvNorm[1]; readonly 3: Conv2d };
  readonly #channels: Required<OpticalSarChannels>;
  readonly #outputSize: readonly [number, number] | null;

  constructor(config: AmmFuseNetConfig, init: Init) {
    const { numClasses, optChannels = 4, sarChannels = 2, outputSize = null, encoder = resnetVariants.resnet50 } = config;
    const { projected = 48, decoderChannels = 256, dropoutRate = 0.1 } = config;
    this.#channels = { optChannels, sarChannels };
    this.#outputSize = outputSize;
    const backbone = { ...encoder, block: 'bottleneck', outputStride: 8 } as const;
    this.backbone1 = new ResNetEncoder({ ...backbone, inChannels: optChannels }, init);
    this.backbone2 = new ResNetEncoder({ ...backbone, inChannels: sarChannels }, init);
    const head = { channels: this.backbone1.channels, projected, decoderChannels, dropoutRate };
    this.optical = new StreamHead(head, init);
    this.sar = new StreamHead(head, init);
    const [conv, norm] = convNorm({ inChannels: 2 * (4 * projected + decoderChannels), outChannels: decoderChannels }, init);
    this.classifier = { 0: conv, 1: norm, 3: new Conv2d({ inChannels: decoderChannels, outChannels: numClasses, kernelSize: 1 }, init) };
  }

  /** @throws RangeError when optical and sar do not have one size, or not the channels they were configured with */
  call(images: OpticalSar, mode: Mode): SegmentationOutputs {
    assertOpticalSar('AMMFuseNet', images, this.#channels);
    return tf.tidy(() => {
      const optical = this.optical.call(this.backbone1.call(images.optical, mode), mode);
      const sar = this.sar.call(this.backbone2.call(images.sar, mode), mode);
      const joined = tf.concat([...optical.maps, ...sar.maps], -1);
      const decoderFeatures = applyConvNormRelu([this.classifier[0], this.classifier[1]], joined, mode);
      const headLogits = this.classifier[3].call(decoderFeatures);
      const stage4Cm = tf.concat([optical.coarsest, sar.coarsest], -1);
      return segmentationOutputs({ headLogits, decoderFeatures, stage4Cm }, images, this.#outputSize);
    });
  }
}

interface StreamHeadConfig {
  readonly channels: readonly number[];
  readonly projected: number;
  readonly decoderChannels: number;
  readonly dropoutRate: number;
}

/** What of one stream reaches the classifier: its four layers, and the dense atrous pyramid of the finest. */
class StreamHead {
  readonly project: readonly ConvNorm[];
  readonly eca: readonly EcaGate[];
  readonly denseAspp: DenseAtrousPyramid;

  constructor({ channels, projected, decoderChannels, dropoutRate }: StreamHeadConfig, init: Init) {
    this.project = channels.map((inChannels) => convNorm({ inChannels, outChannels: projected, kernelSize: 1 }, init));
    this.eca = channels.map(() => new EcaGate({ channels: projected, kernelSize: 3 }, init));
    this.denseAspp = new DenseAtrousPyramid({ inChannels: channels[0], outChannels: decoderChannels, dropoutRate }, init);
  }

  /** layers -> maps at the size of the finest, side by side in the order layers, pyramid */
  call(layers: readonly tf.Tensor4D[], mode: Mode): { readonly maps: tf.Tensor4D[]; readonly coarsest: tf.Tensor4D } {
    const size: [number, number] = [layers[0].shape[1], layers[0].shape[2]];
    const weighed = layers.map((layer, i) => weighedChannels(applyConvNormRelu(this.project[i], layer, mode), this.eca[i]));
    const pyramid = this.denseAspp.call(layers[0], mode);
    return { maps: [...weighed.map((x) => resize(x, { size, mode: 'bilinear' })), pyramid], coarsest: weighed[weighed.length - 1] };
  }
}

/** Efficient channel attention, Wang et al. 2020: x eca(mean_hw x) */
function weighedChannels(x: tf.Tensor4D, eca: EcaGate): tf.Tensor4D {
  return tf.mul(x, tf.reshape(eca.call(tf.mean(x, [1, 2])), [x.shape[0], 1, 1, x.shape[3]]));
}

interface DenseAtrousPyramidConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly dropoutRate: number;
}

/** DenseASPP, Yang et al. 2018, with rates 3, 6, 12, 18 and channel attention: each convolution sees the input and those before it. */
class DenseAtrousPyramid {
  readonly conv1: ConvNorm; // of the published module, which never calls it
  readonly atrous: readonly { readonly conv: ConvNorm; readonly eca: EcaGate }[];
  readonly pooling: ConvNorm;
  readonly project: ConvNorm;
  readonly #dropoutRate: number;

  constructor({ inChannels, outChannels, dropoutRate }: DenseAtrousPyramidConfig, init: Init) {
    this.conv1 = convNorm({ inChannels, outChannels, kernelSize: 1 }, init);
    this.atrous = [3, 6, 12, 18].map((dilation, i) => ({
      conv: convNorm({ inChannels: inChannels + i * outChannels, outChannels, dilation }, init),
      eca: new EcaGate({ channels: outChannels, kernelSize: 3 }, init),
    }));
    this.pooling = convNorm({ inChannels, outChannels, kernelSize: 1 }, init);
    this.project = convNorm({ inChannels: inChannels + 5 * outChannels, outChannels, kernelSize: 1 }, init);
    this.#dropoutRate = dropoutRate;
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const [, h, w] = x.shape;
    const maps = [x];
    for (const { conv, eca } of this.atrous) maps.push(tf.relu(weighedChannels(applyConvNorm(conv, tf.concat(maps, -1), mode), eca)));
    const mean = applyConvNormRelu(this.pooling, tf.mean<tf.Tensor4D>(x, [1, 2], true), mode);
    const joined = tf.concat([...maps, resize(mean, { size: [h, w], mode: 'bilinear' })], -1);
    return dropout(applyConvNormRelu(this.project, joined, mode), { rate: this.#dropoutRate, mode });
  }
}
