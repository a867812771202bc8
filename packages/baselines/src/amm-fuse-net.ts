import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, conv2d, resize, type Init, type Mode } from '@rs/nn';
import { activated, convNorm, normed, type ConvNorm } from './conv-norm.js';
import { DilatedResNet, type DilatedResNetConfig } from './dilated-resnet.js';
import { dropout } from './dropout.js';
import { assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { segmentationOutputs, type SegmentationOutputs, type SegmenterConfig } from './segmentation.js';

export interface AmmFuseNetConfig extends SegmenterConfig {
  readonly encoder?: Omit<DilatedResNetConfig, 'inChannels'>; // of both streams; default ResNet-50
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
  readonly backbone1: DilatedResNet; // optical
  readonly backbone2: DilatedResNet; // SAR
  readonly optical: StreamHead;
  readonly sar: StreamHead;
  readonly classifier: { readonly 0: ConvNorm[0]; readonly 1: ConvNorm[1]; readonly 3: Conv2d };
  readonly #channels: Required<OpticalSarChannels>;
  readonly #outputSize: readonly [number, number] | null;

  constructor(config: AmmFuseNetConfig, init: Init) {
    const { numClasses, optChannels = 4, sarChannels = 2, outputSize = null, encoder = { layers: [3, 4, 6, 3] } } = config;
    const { projected = 48, decoderChannels = 256, dropoutRate = 0.1 } = config;
    this.#channels = { optChannels, sarChannels };
    this.#outputSize = outputSize;
    this.backbone1 = new DilatedResNet({ ...encoder, inChannels: optChannels }, init);
    this.backbone2 = new DilatedResNet({ ...encoder, inChannels: sarChannels }, init);
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
      const decoderFeatures = activated([this.classifier[0], this.classifier[1]], joined, mode);
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
  readonly eca: readonly EcaLayer[];
  readonly denseAspp: DenseAtrousPyramid;

  constructor({ channels, projected, decoderChannels, dropoutRate }: StreamHeadConfig, init: Init) {
    this.project = channels.map((inChannels) => convNorm({ inChannels, outChannels: projected, kernelSize: 1 }, init));
    this.eca = channels.map(() => new EcaLayer(init));
    this.denseAspp = new DenseAtrousPyramid({ inChannels: channels[0], outChannels: decoderChannels, dropoutRate }, init);
  }

  /** layers -> maps at the size of the finest, side by side in the order layers, pyramid */
  call(layers: readonly tf.Tensor4D[], mode: Mode): { readonly maps: tf.Tensor4D[]; readonly coarsest: tf.Tensor4D } {
    const size: [number, number] = [layers[0].shape[1], layers[0].shape[2]];
    const weighed = layers.map((layer, i) => this.eca[i].call(activated(this.project[i], layer, mode)));
    const pyramid = this.denseAspp.call(layers[0], mode);
    return { maps: [...weighed.map((x) => resize(x, { size, mode: 'bilinear' })), pyramid], coarsest: weighed[weighed.length - 1] };
  }
}

/** Efficient channel attention, Wang et al. 2020, with a kernel of 3: x sigmoid(conv along the channels of mean_hw x) */
class EcaLayer {
  readonly conv: { readonly weight: tf.Variable<tf.Rank.R3> }; // [1,1,3]

  constructor(init: Init) {
    this.conv = { weight: tf.tidy(() => tf.variable(init.weight([1, 1, 3], { fanIn: 3, fanOut: 3 }) as tf.Tensor3D)) };
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    const [n, , , channels] = x.shape;
    const row = tf.reshape(tf.mean(x, [1, 2]), [n, 1, channels, 1]) as tf.Tensor4D; // an image of height 1 and one channel
    const mixed = conv2d({ x: row, filter: tf.reshape(this.conv.weight, [1, 3, 1, 1]), padding: [0, 1] });
    return tf.mul(x, tf.sigmoid(tf.reshape(mixed, [n, 1, 1, channels])));
  }
}

interface DenseAtrousPyramidConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly dropoutRate: number;
}

/** DenseASPP, Yang et al. 2018, with rates 3, 6, 12, 18 and channel attention: each convolution sees the input and those before it. */
class DenseAtrousPyramid {
  readonly conv1: ConvNorm; // of the published module, which never calls it
  readonly atrous: readonly { readonly conv: ConvNorm; readonly eca: EcaLayer }[];
  readonly pooling: ConvNorm;
  readonly project: ConvNorm;
  readonly #dropoutRate: number;

  constructor({ inChannels, outChannels, dropoutRate }: DenseAtrousPyramidConfig, init: Init) {
    this.conv1 = convNorm({ inChannels, outChannels, kernelSize: 1 }, init);
    this.atrous = [3, 6, 12, 18].map((dilation, i) => ({
      conv: convNorm({ inChannels: inChannels + i * outChannels, outChannels, dilation }, init),
      eca: new EcaLayer(init),
    }));
    this.pooling = convNorm({ inChannels, outChannels, kernelSize: 1 }, init);
    this.project = convNorm({ inChannels: inChannels + 5 * outChannels, outChannels, kernelSize: 1 }, init);
    this.#dropoutRate = dropoutRate;
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const [, h, w] = x.shape;
    const maps = [x];
    for (const { conv, eca } of this.atrous) maps.push(tf.relu(eca.call(normed(conv, tf.concat(maps, -1), mode))));
    const mean = activated(this.pooling, tf.mean<tf.Tensor4D>(x, [1, 2], true), mode);
    const joined = tf.concat([...maps, resize(mean, { size: [h, w], mode: 'bilinear' })], -1);
    return dropout(activated(this.project, joined, mode), { rate: this.#dropoutRate, mode });
  }
}
