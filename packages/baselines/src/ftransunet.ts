import * as tf from '@tensorflow/tfjs-core';
import {
  applyConvNormRelu,
  attend,
  Conv2d,
  conv2d,
  convNorm,
  dropout,
  gelu,
  GroupNorm,
  LayerNorm,
  Linear,
  maxPool2d,
  Mlp,
  resize,
  splitHeads,
  UNetDecoder,
  type Conv2dConfig,
  type ConvNorm,
  type Init,
  type Mode,
} from '@rs/nn';
import { assertMultiple, assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { paddedConv } from './padded-conv.js';
import { segmentationOutputs, type SegmentationOutputs, type SegmenterConfig } from './segmentation.js';

export interface FTransUNetConfig extends SegmenterConfig {
  readonly width?: number; // of the residual networks' stem; default 64
  readonly depths?: readonly [number, number, number]; // blocks of the residual networks; default 3, 4, 9
  readonly groups?: number; // of their group norms, must divide width; default 32
  readonly embedDim?: number; // of the tokens; default 768
  readonly numHeads?: number; // must divide embedDim; default 12
  readonly mlpDim?: number; // default 3072
  readonly transformerDepths?: readonly [number, number, number]; // self, mutual, self attention blocks; default 3, 6, 3
  readonly headChannels?: number; // of the tokens' map in the decoder; default 512
  readonly decoderChannels?: readonly [number, number, number, number]; // coarse to fine; default 256, 128, 64, 16
  readonly resolution?: readonly [number, number]; // [H,W] that the position codes are for, resized for others; default 256, 256, as published
  readonly dropoutRate?: number; // of tokens in training; default 0.1
}

/**
 * FTransUNet, Ma et al. 2024 (IEEE TGRS 62), as its public code has it (SSRS/FTransUNet): two residual networks (R50, group norm, standardised
 * weights) of which the SAR one is added to the optical one after every stage, transformer blocks (ViT-B) in which both modalities attend to
 * themselves and, in the middle ones, to each other, and a U-Net decoder on the sum of their tokens.
 * 203.4098 M parameters with 6 classes, 4 optical and 2 SAR bands; Table IV of EDC prints 203.4 M. Position codes for 160x160 would give 203.2900 M.
 * Height and width are multiples of 16.
 */
export class FTransUNet {
  readonly hybridModel: FusedResNet;
  readonly patchEmbeddings: Conv2d;
  readonly patchEmbeddingsd: Conv2d;
  readonly positionEmbeddings: tf.Variable<tf.Rank.R3>; // [1,grid,C]
  readonly layer: readonly Block[];
  readonly encoderNorm: LayerNorm;
  readonly encoderNormd: LayerNorm;
  readonly convMore: ConvNorm;
  readonly decoder: UNetDecoder;
  readonly segmentationHead: readonly [Conv2d];
  readonly #channels: Required<OpticalSarChannels>;
  readonly #outputSize: readonly [number, number] | null;
  readonly #grid: readonly [number, number];
  readonly #dropoutRate: number;

  constructor(config: FTransUNetConfig, init: Init) {
    const { numClasses, optChannels = 4, sarChannels = 2, outputSize = null, resolution = [256, 256], dropoutRate = 0.1 } = config;
    const { width = 64, depths = [3, 4, 9], groups = 32, embedDim = 768, numHeads = 12, mlpDim = 3072 } = config;
    const { transformerDepths = [3, 6, 3], headChannels = 512, decoderChannels = [256, 128, 64, 16] } = config;
    const grid = [Math.ceil(resolution[0] / 16), Math.ceil(resolution[1] / 16)] as const;
    const embed = (): Conv2d => new Conv2d({ inChannels: 16 * width, outChannels: embedDim, kernelSize: 1 }, init);
    const mutual = transformerDepths.flatMap((depth, i) => Array.from({ length: depth }, () => i === 1));
    this.#channels = { optChannels, sarChannels };
    this.#outputSize = outputSize;
    this.#grid = grid;
    this.#dropoutRate = dropoutRate;
    this.hybridModel = new FusedResNet({ optChannels, sarChannels, width, depths, groups }, init);
    [this.patchEmbeddings, this.patchEmbeddingsd] = [embed(), embed()];
    this.positionEmbeddings = tf.tidy(() => tf.variable(tf.zeros([1, grid[0] * grid[1], embedDim])));
    this.layer = mutual.map((crosses) => new Block({ embedDim, numHeads, mlpDim, mutual: crosses, dropoutRate }, init));
    this.encoderNorm = new LayerNorm({ features: embedDim, eps: 1e-6 });
    this.encoderNormd = new LayerNorm({ features: embedDim, eps: 1e-6 });
    this.convMore = convNorm({ inChannels: embedDim, outChannels: headChannels }, init);
    const encoderChannels = [width, 4 * width, 8 * width, headChannels];
    const upsampling = { mode: 'bilinear', alignCorners: true } as const;
    this.decoder = new UNetDecoder({ encoderChannels, decoderChannels, upsampling }, init);
    this.segmentationHead = [paddedConv({ inChannels: decoderChannels[3], outChannels: numClasses }, init)];
  }

  /** @throws RangeError when optical and sar do not have one size, a multiple of 16, or not the channels they were configured with */
  call(images: OpticalSar, mode: Mode): SegmentationOutputs {
    assertOpticalSar('FTransUNet', images, this.#channels);
    assertMultiple('FTransUNet', images, 16);
    return tf.tidy(() => {
      const { optical, sar, skips } = this.hybridModel.call(images);
      const [n, h, w] = optical.shape;
      const embedded = [this.patchEmbeddings.call(optical), this.patchEmbeddingsd.call(sar)];
      const channels = embedded[0].shape[3];
      const positions = this.positions(h, w); // [1,L,C]
      const tokens = embedded.map((x) =>
        dropout<tf.Tensor3D>(tf.add(tf.reshape(x, [n, h * w, channels]), positions), { rate: this.#dropoutRate, mode }),
      );
      const start: Pair = [tokens[0], tokens[1]];
      const [x, y] = this.layer.reduce<Pair>((pair, block) => block.call(pair, mode), start);
      const sum = tf.add(this.encoderNorm.call(x), this.encoderNormd.call(y));
      const stage4Cm = tf.reshape(sum, [n, h, w, channels]) as tf.Tensor4D;
      const decoderFeatures = this.decoder.call([...skips, applyConvNormRelu(this.convMore, stage4Cm, mode)], mode);
      const headLogits = this.segmentationHead[0].call(decoderFeatures);
      return segmentationOutputs({ headLogits, decoderFeatures, stage4Cm }, images, this.#outputSize);
    });
  }

  private positions(h: number, w: number): tf.Tensor3D {
    const channels = this.positionEmbeddings.shape[2];
    const map = tf.reshape(this.positionEmbeddings, [1, ...this.#grid, channels]) as tf.Tensor4D;
    return tf.reshape(resize(map, { size: [h, w], mode: 'bilinear' }), [1, h * w, channels]);
  }
}

interface FusedResNetConfig {
  readonly optChannels: number;
  readonly sarChannels: number;
  readonly width: number;
  readonly depths: readonly [number, number, number];
  readonly groups: number;
}

/** Both residual networks at once; after the stem and each block the SAR features are added to the optical ones, channels weighed. */
class FusedResNet {
  readonly root: Root;
  readonly rootd: Root;
  readonly seLayer0: WeighedSum;
  readonly seLayer1: WeighedSum;
  readonly seLayer2: WeighedSum;
  readonly seLayer3: WeighedSum;
  readonly body: readonly (readonly Bottleneck[])[];
  readonly bodyd: readonly (readonly Bottleneck[])[];

  constructor({ optChannels, sarChannels, width, depths, groups }: FusedResNetConfig, init: Init) {
    const outputs = [4 * width, 8 * width, 16 * width];
    const body = (): Bottleneck[][] =>
      depths.map((depth, i) =>
        Array.from({ length: depth }, (_, j) => {
          const inChannels = j > 0 ? outputs[i] : i === 0 ? width : outputs[i - 1];
          return new Bottleneck({ inChannels, outChannels: outputs[i], stride: i > 0 && j === 0 ? 2 : 1, groups }, init);
        }),
      );
    this.root = new Root({ inChannels: optChannels, width, groups }, init);
    this.rootd = new Root({ inChannels: sarChannels, width, groups }, init);
    [this.seLayer0, this.seLayer1] = [new WeighedSum(width, init), new WeighedSum(outputs[0], init)];
    [this.seLayer2, this.seLayer3] = [new WeighedSum(outputs[1], init), new WeighedSum(outputs[2], init)];
    [this.body, this.bodyd] = [body(), body()];
  }

  /** -> features at stride 16 of both modalities, and the fused ones at strides 2, 4, 8 */
  call(images: OpticalSar): OpticalSar & { readonly skips: readonly tf.Tensor4D[] } {
    const [, height, width] = images.optical.shape;
    const later = [this.seLayer1, this.seLayer2, this.seLayer3];
    let sar = this.rootd.call(images.sar);
    let optical = this.seLayer0.call(this.root.call(images.optical), sar);
    const fused = [optical];
    [optical, sar] = [optical, sar].map((x) => maxPool2d(x, { kernelSize: 3, stride: 2 }));
    this.body.forEach((blocks, i) => {
      sar = this.bodyd[i].reduce((x, block) => block.call(x), sar);
      optical = later[i].call(
        blocks.reduce((x, block) => block.call(x), optical),
        sar,
      );
      fused.push(optical);
    });
    const skips = [fused[0], paddedTo(fused[1], [height / 4, width / 4]), fused[2]];
    return { optical, sar, skips };
  }
}

/** Zeros at the bottom and the right: the unpadded pool leaves one pixel less. */
function paddedTo(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  return tf.pad(x, [[0, 0], [0, height - x.shape[1]], [0, width - x.shape[2]], [0, 0]]); // prettier-ignore
}

/** A convolution with standardised weights, Qiao et al. 2019: each filter with mean 0 and variance 1 before use. */
class StdConv2d {
  readonly torchLayout = { weight: [3, 2, 0, 1] } as const; // HWIO -> (O,I,kH,kW)
  readonly weight: tf.Variable<tf.Rank.R4>;
  readonly #stride: number;
  readonly #padding: number;

  constructor(
    { stride, ...config }: Pick<Conv2dConfig, 'inChannels' | 'outChannels'> & { kernelSize: number; stride: number },
    init: Init,
  ) {
    this.weight = new Conv2d({ ...config, bias: false }, init).weight;
    this.#stride = stride;
    this.#padding = (config.kernelSize - 1) / 2;
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    const { mean, variance } = tf.moments(this.weight, [0, 1, 2], true);
    const filter = tf.mul<tf.Tensor4D>(tf.sub(this.weight, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return conv2d({ x, filter, stride: this.#stride, padding: this.#padding });
  }
}

/** Convolution 7x7 stride 2, group norm, ReLU. */
class Root {
  readonly conv: StdConv2d;
  readonly gn: GroupNorm;

  constructor({ inChannels, width, groups }: { inChannels: number; width: number; groups: number }, init: Init) {
    this.conv = new StdConv2d({ inChannels, outChannels: width, kernelSize: 7, stride: 2 }, init);
    this.gn = new GroupNorm({ groups, channels: width, eps: 1e-6 });
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    return tf.relu(this.gn.call(this.conv.call(x)));
  }
}

interface BottleneckConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly stride: number;
  readonly groups: number;
}

class Bottleneck {
  readonly gn1: GroupNorm;
  readonly conv1: StdConv2d;
  readonly gn2: GroupNorm;
  readonly conv2: StdConv2d;
  readonly gn3: GroupNorm;
  readonly conv3: StdConv2d;
  readonly downsample?: StdConv2d;
  readonly gnProj?: GroupNorm;

  constructor({ inChannels, outChannels, stride, groups }: BottleneckConfig, init: Init) {
    const planes = outChannels / 4;
    const norm = (channels: number): GroupNorm => new GroupNorm({ groups, channels, eps: 1e-6 });
    this.conv1 = new StdConv2d({ inChannels, outChannels: planes, kernelSize: 1, stride: 1 }, init);
    this.conv2 = new StdConv2d({ inChannels: planes, outChannels: planes, kernelSize: 3, stride }, init);
    this.conv3 = new StdConv2d({ inChannels: planes, outChannels, kernelSize: 1, stride: 1 }, init);
    [this.gn1, this.gn2, this.gn3] = [norm(planes), norm(planes), norm(outChannels)];
    if (stride !== 1 || inChannels !== outChannels) {
      this.downsample = new StdConv2d({ inChannels, outChannels, kernelSize: 1, stride }, init);
      this.gnProj = new GroupNorm({ groups: outChannels, channels: outChannels });
    }
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const reduced = tf.relu(this.gn1.call(this.conv1.call(x)));
      const hidden = tf.relu(this.gn2.call(this.conv2.call(reduced)));
      const shortcut = this.downsample && this.gnProj ? this.gnProj.call(this.downsample.call(x)) : x;
      return tf.relu(tf.add(shortcut, this.gn3.call(this.conv3.call(hidden))));
    });
  }
}

/** x se(x) + y se(y), each with squeeze-and-excitation of its own, Hu et al. 2018. */
class WeighedSum {
  readonly seRgb: { readonly fc: { readonly 0: Conv2d; readonly 2: Conv2d } };
  readonly seDepth: { readonly fc: { readonly 0: Conv2d; readonly 2: Conv2d } };

  constructor(channels: number, init: Init) {
    const hidden = Math.max(1, Math.floor(channels / 16));
    const conv = (inChannels: number, outChannels: number): Conv2d => new Conv2d({ inChannels, outChannels, kernelSize: 1 }, init);
    const gate = (): { fc: { 0: Conv2d; 2: Conv2d } } => ({ fc: { 0: conv(channels, hidden), 2: conv(hidden, channels) } });
    [this.seRgb, this.seDepth] = [gate(), gate()];
  }

  call(x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor4D {
    const weighed = (map: tf.Tensor4D, { fc }: WeighedSum['seRgb']): tf.Tensor4D =>
      tf.mul(map, tf.sigmoid(fc[2].call(tf.relu(fc[0].call(tf.mean(map, [1, 2], true))))));
    return tf.add(weighed(x, this.seRgb), weighed(y, this.seDepth));
  }
}

interface BlockConfig {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly mlpDim: number;
  readonly mutual: boolean; // whether the modalities attend to each other too
  readonly dropoutRate: number;
}

type Pair = readonly [tf.Tensor3D, tf.Tensor3D];

/** A block of a vision transformer for both modalities, each with weights of its own. */
class Block {
  readonly attentionNorm: LayerNorm;
  readonly attentionNormd: LayerNorm;
  readonly ffnNorm: LayerNorm;
  readonly ffnNormd: LayerNorm;
  readonly ffn: Mlp;
  readonly ffnd: Mlp;
  readonly attn: PairAttention;
  readonly #dropoutRate: number;

  constructor({ embedDim, numHeads, mlpDim, mutual, dropoutRate }: BlockConfig, init: Init) {
    const norm = (): LayerNorm => new LayerNorm({ features: embedDim, eps: 1e-6 });
    [this.attentionNorm, this.attentionNormd, this.ffnNorm, this.ffnNormd] = [norm(), norm(), norm(), norm()];
    this.ffn = new Mlp({ dim: embedDim, hidden: mlpDim }, init);
    this.ffnd = new Mlp({ dim: embedDim, hidden: mlpDim }, init);
    this.attn = new PairAttention({ embedDim, numHeads, mutual }, init);
    this.#dropoutRate = dropoutRate;
  }

  call([x, y]: Pair, mode: Mode): Pair {
    const [dx, dy] = this.attn.call([this.attentionNorm.call(x), this.attentionNormd.call(y)]);
    const [attendedX, attendedY] = [tf.add<tf.Tensor3D>(x, dx), tf.add<tf.Tensor3D>(y, dy)];
    return [
      tf.add(attendedX, this.fed(this.ffn, this.ffnNorm.call(attendedX), mode)),
      tf.add(attendedY, this.fed(this.ffnd, this.ffnNormd.call(attendedY), mode)),
    ];
  }

  private fed({ fc1, fc2 }: Mlp, x: tf.Tensor3D, mode: Mode): tf.Tensor3D {
    const options = { rate: this.#dropoutRate, mode };
    return dropout(fc2.call(dropout(gelu(fc1.call(x)), options)), options);
  }
}

/** Queries, keys, values and what follows of one modality. */
interface Projections {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
}

/**
 * Self attention of both modalities; when mutual, each also asks the other with the same projections, and both answers are weighed:
 *     x' = w11 attend(Qx, Kx, Vx) + w12 attend(Qx, Ky, Vy),   y' = w21 attend(Qy, Ky, Vy) + w22 attend(Qy, Kx, Vx)
 */
class PairAttention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
  readonly queryd: Linear;
  readonly keyd: Linear;
  readonly valued: Linear;
  readonly outd: Linear;
  readonly w11?: tf.Variable; // [1]
  readonly w12?: tf.Variable;
  readonly w21?: tf.Variable;
  readonly w22?: tf.Variable;
  readonly #numHeads: number;

  constructor({ embedDim, numHeads, mutual }: { embedDim: number; numHeads: number; mutual: boolean }, init: Init) {
    if (embedDim % numHeads !== 0) throw new RangeError(`FTransUNet: numHeads must divide embedDim (${embedDim}), got ${numHeads}`);
    const linear = (): Linear => new Linear({ inFeatures: embedDim, outFeatures: embedDim }, init);
    [this.query, this.key, this.value, this.out] = [linear(), linear(), linear(), linear()];
    [this.queryd, this.keyd, this.valued, this.outd] = [linear(), linear(), linear(), linear()];
    if (mutual) [this.w11, this.w12, this.w21, this.w22] = [half(), half(), half(), half()];
    this.#numHeads = numHeads;
  }

  call([x, y]: Pair): Pair {
    const ofX = this.projected(x, this);
    const ofY = this.projected(y, { query: this.queryd, key: this.keyd, value: this.valued, out: this.outd });
    const self = [ofX.ask(ofX), ofY.ask(ofY)] as const;
    const { w11, w12, w21, w22 } = this;
    if (!w11 || !w12 || !w21 || !w22) return self;
    return [
      tf.add(tf.mul(self[0], w11), tf.mul(ofX.ask(ofY), w12)), //
      tf.add(tf.mul(self[1], w21), tf.mul(ofY.ask(ofX), w22)),
    ];
  }

  private projected(x: tf.Tensor3D, { query, key, value, out }: Projections) {
    const heads = (linear: Linear): tf.Tensor4D => splitHeads(linear.call(x), this.#numHeads);
    const [queries, keys, values] = [heads(query), heads(key), heads(value)];
    const ask = (other: { keys: tf.Tensor4D; values: tf.Tensor4D }): tf.Tensor3D =>
      out.call(attend({ queries, keys: other.keys, values: other.values }));
    return { keys, values, ask };
  }
}

const half = (): tf.Variable => tf.tidy(() => tf.variable(tf.tensor1d([0.5])));
