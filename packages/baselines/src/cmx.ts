import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm2d,
  Conv2d,
  dropoutChannels,
  joinHeads,
  LayerNorm,
  Linear,
  maxPool2d,
  resize,
  softmax,
  splitHeads,
  type Init,
  type Mode,
} from '@rs/nn';
import { MixTransformer, mixTransformerVariants, type MixTransformerSize } from './mix-transformer.js';
import { assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { segmentationOutputs, type SegmentationOutputs, type SegmenterConfig } from './segmentation.js';

export interface CmxConfig extends SegmenterConfig {
  readonly encoder?: MixTransformerSize; // of both streams; default b2
  readonly embedDim?: number; // width of the decoder; default 512
  readonly dropoutRate?: number; // of the decoder's channels in training; default 0.1
}

/**
 * CMX, Zhang et al. 2023 (IEEE T-ITS 24(12)), as its public code has it (RGBX_Semantic_Segmentation): two mix transformers that
 * rectify each other's features after every stage, a fusion of each stage by cross attention, and SegFormer's decoder on the four fused maps.
 * 66.5640 M parameters with 6 classes, 4 optical and 2 SAR bands, 0.006 M below the 66.57 M that Table IV of EDC prints; a SAR stream of three
 * bands, as the unchanged public stem has, would give 66.5671 M.
 */
export class CMX {
  readonly optical: MixTransformer;
  readonly sar: MixTransformer;
  readonly FRMs: readonly FeatureRectification[];
  readonly FFMs: readonly FeatureFusion[];
  readonly decodeHead: AllMlpDecoder;
  readonly #channels: Required<OpticalSarChannels>;
  readonly #outputSize: readonly [number, number] | null;

  constructor(config: CmxConfig, init: Init) {
    const { numClasses, optChannels = 4, sarChannels = 2, outputSize = null } = config;
    const { encoder = mixTransformerVariants.b2, embedDim = 512, dropoutRate = 0.1 } = config;
    const { dims, numHeads } = encoder;
    this.#channels = { optChannels, sarChannels };
    this.#outputSize = outputSize;
    this.optical = new MixTransformer({ ...encoder, inChannels: optChannels }, init);
    this.sar = new MixTransformer({ ...encoder, inChannels: sarChannels }, init);
    this.FRMs = dims.map((dim) => new FeatureRectification(dim, init));
    this.FFMs = dims.map((dim, i) => new FeatureFusion(dim, numHeads[i], init));
    this.decodeHead = new AllMlpDecoder({ dims, embedDim, numClasses, dropoutRate }, init);
  }

  /** @throws RangeError when optical and sar do not have one size, or not the channels they were configured with */
  call(images: OpticalSar, mode: Mode): SegmentationOutputs {
    assertOpticalSar('CMX', images, this.#channels);
    return tf.tidy(() => {
      let { optical, sar } = images;
      const fused = this.FRMs.map((rectify, i) => {
        [optical, sar] = rectify.call(this.optical.stage(i, optical, mode), this.sar.stage(i, sar, mode));
        return this.FFMs[i].call(optical, sar, mode);
      });
      const decoded = this.decodeHead.call(fused, mode);
      return segmentationOutputs({ ...decoded, stage4Cm: fused[3] }, images, this.#outputSize);
    });
  }
}

/** Each modality takes of the other, by channel and by pixel. CMX, eq. (1)-(7), with both lambdas 0.5. */
class FeatureRectification {
  readonly channelWeights: { readonly mlp: { readonly 0: Linear; readonly 2: Linear } };
  readonly spatialWeights: { readonly mlp: { readonly 0: Conv2d; readonly 2: Conv2d } };

  constructor(dim: number, init: Init) {
    this.channelWeights = {
      mlp: {
        0: new Linear({ inFeatures: 4 * dim, outFeatures: 4 * dim }, init),
        2: new Linear({ inFeatures: 4 * dim, outFeatures: 2 * dim }, init),
      },
    };
    this.spatialWeights = {
      mlp: {
        0: new Conv2d({ inChannels: 2 * dim, outChannels: dim, kernelSize: 1 }, init),
        2: new Conv2d({ inChannels: dim, outChannels: 2, kernelSize: 1 }, init),
      },
    };
  }

  call(x1: tf.Tensor4D, x2: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D] {
    const [, h, w] = x1.shape;
    const both = tf.concat([x1, x2], -1); // [N,H,W,2C]
    const descriptor = tf.concat([tf.mean<tf.Tensor4D>(both, [1, 2], true), maxPool2d(both, { kernelSize: [h, w] })], -1); // [N,1,1,4C]
    const { mlp: channelMlp } = this.channelWeights;
    const { mlp: spatialMlp } = this.spatialWeights;
    const byChannel = tf.split(tf.sigmoid(channelMlp[2].call(tf.relu(channelMlp[0].call(descriptor)))), 2, -1); // two [N,1,1,C]
    const byPixel = tf.split(tf.sigmoid(spatialMlp[2].call(tf.relu(spatialMlp[0].call(both)))), 2, -1); // two [N,H,W,1]
    const taken = (x: tf.Tensor4D, i: number): tf.Tensor4D => tf.mul(x, tf.mul(tf.add(byChannel[i], byPixel[i]), 0.5));
    return [tf.add(x1, taken(x2, 1)), tf.add(x2, taken(x1, 0))];
  }
}

/** Both modalities exchange what cross attention finds, then a convolution joins them. CMX, eq. (8)-(11). */
class FeatureFusion {
  readonly cross: CrossPath;
  readonly channelEmb: ChannelEmbed;

  constructor(dim: number, numHeads: number, init: Init) {
    this.cross = new CrossPath(dim, numHeads, init);
    this.channelEmb = new ChannelEmbed(dim, init);
  }

  call(x1: tf.Tensor4D, x2: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const [n, h, w, channels] = x1.shape;
    const tokens = (x: tf.Tensor4D): tf.Tensor3D => tf.reshape(x, [n, h * w, channels]);
    const crossed = tf.concat(this.cross.call(tokens(x1), tokens(x2)), -1); // [N,L,2C]
    return this.channelEmb.call(tf.reshape(crossed, [n, h, w, 2 * channels]), mode);
  }
}

class CrossPath {
  readonly channelProj1: Linear;
  readonly channelProj2: Linear;
  readonly crossAttn: { readonly kv1: Linear; readonly kv2: Linear };
  readonly endProj1: Linear;
  readonly endProj2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly #numHeads: number;

  constructor(dim: number, numHeads: number, init: Init) {
    const doubled = (bias: boolean): Linear => new Linear({ inFeatures: dim, outFeatures: 2 * dim, bias }, init);
    const halved = (): Linear => new Linear({ inFeatures: 2 * dim, outFeatures: dim }, init);
    [this.channelProj1, this.channelProj2] = [doubled(true), doubled(true)];
    this.crossAttn = { kv1: doubled(false), kv2: doubled(false) };
    [this.endProj1, this.endProj2] = [halved(), halved()];
    [this.norm1, this.norm2] = [new LayerNorm({ features: dim }), new LayerNorm({ features: dim })];
    this.#numHeads = numHeads;
  }

  call(x1: tf.Tensor3D, x2: tf.Tensor3D): [tf.Tensor3D, tf.Tensor3D] {
    const [y1, u1] = tf.split<tf.Tensor3D>(tf.relu(this.channelProj1.call(x1)), 2, -1);
    const [y2, u2] = tf.split<tf.Tensor3D>(tf.relu(this.channelProj2.call(x2)), 2, -1);
    const v1 = this.read(u1, this.context(this.crossAttn.kv2.call(u2)));
    const v2 = this.read(u2, this.context(this.crossAttn.kv1.call(u1)));
    return [
      this.norm1.call(tf.add(x1, this.endProj1.call(tf.concat([y1, v1], -1)))),
      this.norm2.call(tf.add(x2, this.endProj2.call(tf.concat([y2, v2], -1)))),
    ];
  }

  /** softmax(K^T V / sqrt(d)) over the channels of K, transposed: [N,heads,d of V,d of K]. Its size does not depend on the number of tokens. */
  private context(keysValues: tf.Tensor3D): tf.Tensor4D {
    const [keys, values] = tf.split<tf.Tensor3D>(keysValues, 2, -1).map((part) => splitHeads(part, this.#numHeads));
    const scale = 1 / Math.sqrt(keys.shape[3]);
    return softmax(tf.mul<tf.Tensor4D>(tf.matMul(values, keys, true, false), scale));
  }

  private read(queries: tf.Tensor3D, context: tf.Tensor4D): tf.Tensor3D {
    const mixed = tf.matMul<tf.Tensor4D>(splitHeads(queries, this.#numHeads), context, false, true); // [N,heads,L,d]
    return joinHeads(mixed);
  }
}

class ChannelEmbed {
  readonly residual: Conv2d;
  readonly channelEmbed: { readonly 0: Conv2d; readonly 1: Conv2d; readonly 3: Conv2d; readonly 4: BatchNorm2d };
  readonly norm: BatchNorm2d;

  constructor(dim: number, init: Init) {
    const pointwise = { outChannels: dim, kernelSize: 1 };
    this.residual = new Conv2d({ ...pointwise, inChannels: 2 * dim, bias: false }, init);
    this.channelEmbed = {
      0: new Conv2d({ ...pointwise, inChannels: 2 * dim }, init),
      1: new Conv2d({ inChannels: dim, outChannels: dim, kernelSize: 3, padding: 1, groups: dim }, init),
      3: new Conv2d({ ...pointwise, inChannels: dim }, init),
      4: new BatchNorm2d({ channels: dim }),
    };
    this.norm = new BatchNorm2d({ channels: dim });
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const { 0: reduce, 1: depthwise, 3: expand, 4: bn } = this.channelEmbed;
    const embedded = bn.call(expand.call(tf.relu(depthwise.call(reduce.call(x)))), mode);
    return this.norm.call(tf.add(this.residual.call(x), embedded), mode);
  }
}

interface AllMlpDecoderConfig {
  readonly dims: readonly number[];
  readonly embedDim: number;
  readonly numClasses: number;
  readonly dropoutRate: number;
}

/** SegFormer's decoder, Xie et al. 2021, eq. (4): every stage to one width and to the finest size, joined by one layer. */
class AllMlpDecoder {
  readonly linearC4: { readonly proj: Linear };
  readonly linearC3: { readonly proj: Linear };
  readonly linearC2: { readonly proj: Linear };
  readonly linearC1: { readonly proj: Linear };
  readonly linearFuse: readonly [Conv2d, BatchNorm2d];
  readonly linearPred: Conv2d;
  readonly #dropoutRate: number;

  constructor({ dims, embedDim, numClasses, dropoutRate }: AllMlpDecoderConfig, init: Init) {
    const linear = (stage: number): { proj: Linear } => ({ proj: new Linear({ inFeatures: dims[stage], outFeatures: embedDim }, init) });
    [this.linearC4, this.linearC3, this.linearC2, this.linearC1] = [linear(3), linear(2), linear(1), linear(0)];
    this.linearFuse = [
      new Conv2d({ inChannels: 4 * embedDim, outChannels: embedDim, kernelSize: 1 }, init),
      new BatchNorm2d({ channels: embedDim }),
    ];
    this.linearPred = new Conv2d({ inChannels: embedDim, outChannels: numClasses, kernelSize: 1 }, init);
    this.#dropoutRate = dropoutRate;
  }

  call(stages: readonly tf.Tensor4D[], mode: Mode): Pick<SegmentationOutputs, 'headLogits' | 'decoderFeatures'> {
    const size: [number, number] = [stages[0].shape[1], stages[0].shape[2]];
    const linears = [this.linearC1, this.linearC2, this.linearC3, this.linearC4];
    const embedded = linears.map(({ proj }, i) => resize(proj.call(stages[i]), { size, mode: 'bilinear' }));
    const [conv, bn] = this.linearFuse;
    const decoderFeatures = tf.relu(bn.call(conv.call(tf.concat(embedded.reverse(), -1)), mode));
    return { decoderFeatures, headLogits: this.linearPred.call(dropoutChannels(decoderFeatures, { rate: this.#dropoutRate, mode })) };
  }
}
