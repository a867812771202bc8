import * as tf from '@tensorflow/tfjs-core';
import {
  applyConvNorm,
  applyConvNormRelu,
  avgPool2d,
  BatchNorm2d,
  Conv2d,
  convNorm,
  ConvTranspose2d,
  LayerNorm,
  maxPool2d,
  resize,
  softmax,
  type ConvNorm,
  type Init,
  type Mode,
} from '@rs/nn';
import { Involution2d } from './involution2d.js';
import { assertMultiple, assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { segmentationOutputs, type SegmentationOutputs, type SegmenterConfig } from './segmentation.js';

export interface DcsaNetConfig extends SegmenterConfig {
  readonly width?: number; // planes of the first layer; default 64
  readonly layers?: readonly [number, number, number, number]; // bottlenecks of each layer; default 3, 4, 6, 3
  readonly groups?: number; // kernels a pixel in bottlenecks, must divide width; default 16
  readonly decoderLayers?: readonly [number, number, number, number, number]; // blocks of each decoder level, coarse to fine; default 6, 4, 3, 3, 3
}

/**
 * DCSA-Net, Wang et al. 2022 (Remote Sensing 14(19), 4941), as its public code has it (Julia90/DCSA-Net): residual networks of involutions for
 * optical, SAR and their sum, whose third branch adds polarised self attention; the four sums of the branches exchange across all scales, the
 * coarsest passes a ladder of pools, and a decoder of residual blocks ends at full size. Height and width are multiples of 16.
 * 79.7458 M parameters with 6 classes, 4 optical and 2 SAR bands, 0.264 M below the 80.01 M that Table IV of EDC prints. 53.9 M of them are
 * read by nothing, there as here: the fourth layers, the first decoder level, one projection and the heads of single levels. The public code also
 * names a pyramid `aspp` that it neither contains nor calls; one convolution 1x1 to 256 channels in its place would give 80.008 M.
 */
export class DCSANet {
  readonly optical: Branch;
  readonly sar: Branch;
  readonly merged: Branch;
  readonly exchange: Exchange;
  readonly cia: ContextLadder;
  readonly agant: readonly ConvNorm[]; // skips of the decoder, fine to coarse
  readonly deconv: readonly (readonly DecoderBlock[])[]; // levels, coarse to fine; the first is not read
  readonly finalConv: readonly DecoderBlock[];
  readonly finalDeconv: ConvTranspose2d;
  readonly outConv: readonly Conv2d[]; // heads of single levels, not read
  readonly #channels: Required<OpticalSarChannels>;
  readonly #outputSize: readonly [number, number] | null;

  constructor(config: DcsaNetConfig, init: Init) {
    const { numClasses, optChannels = 4, sarChannels = 2, outputSize = null, width = 64, layers = [3, 4, 6, 3], groups = 16 } = config;
    const { decoderLayers = [6, 4, 3, 3, 3] } = config;
    const branch = (inChannels: number | null): Branch => new Branch({ inChannels, width, layers, groups }, init);
    const pyramid = [width, 4 * width, 8 * width, 16 * width]; // channels at strides 2, 4, 8, 16
    const levels = [8 * width, 4 * width, 2 * width, width, width]; // channels into and out of the decoder's levels
    this.#channels = { optChannels, sarChannels };
    this.#outputSize = outputSize;
    [this.optical, this.sar, this.merged] = [branch(optChannels), branch(sarChannels), branch(null)];
    this.exchange = new Exchange(pyramid, init);
    this.cia = new ContextLadder({ inChannels: 16 * width, channels: 4 * width }, init);
    const skip = (inChannels: number, outChannels: number): ConvNorm => convNorm({ inChannels, outChannels, kernelSize: 1 }, init);
    this.agant = [skip(pyramid[0], width), skip(pyramid[1], width), skip(pyramid[2], 2 * width), skip(pyramid[3], 4 * width)];
    this.deconv = levels
      .slice(1)
      .map((outChannels, i) => decoderLevel({ inChannels: levels[i], outChannels, depth: decoderLayers[i], upsample: true }, init));
    this.finalConv = decoderLevel({ inChannels: width, outChannels: width, depth: decoderLayers[4], upsample: false }, init);
    this.finalDeconv = new ConvTranspose2d({ inChannels: width, outChannels: numClasses, kernelSize: 2, stride: 2 }, init);
    this.outConv = levels.slice(1).map((inChannels) => new Conv2d({ inChannels, outChannels: numClasses, kernelSize: 1 }, init));
  }

  /** @throws RangeError when optical and sar do not have one size, a multiple of 16, or not the channels they were configured with */
  call(images: OpticalSar, mode: Mode): SegmentationOutputs {
    assertOpticalSar('DCSANet', images, this.#channels);
    assertMultiple('DCSANet', images, 16);
    return tf.tidy(() => {
      const [fine, first, second, coarsest] = this.exchange.call(this.encoded(images, mode));
      const stage4Cm = this.cia.call(coarsest, mode);
      const skips = [second, first, fine];
      const decoded = skips.reduce((x, skip, i) => {
        const upsampled = this.deconv[1 + i].reduce((features, block) => block.call(features, mode), x);
        return tf.add<tf.Tensor4D>(upsampled, applyConvNormRelu(this.agant[2 - i], skip, mode));
      }, stage4Cm);
      const decoderFeatures = this.finalConv.reduce((features, block) => block.call(features, mode), decoded);
      const headLogits = this.finalDeconv.call(decoderFeatures);
      return segmentationOutputs({ headLogits, decoderFeatures, stage4Cm }, images, this.#outputSize);
    });
  }

  /** The sums of the three branches at strides 2, 4, 8, 16. */
  private encoded(images: OpticalSar, mode: Mode): tf.Tensor4D[] {
    const pool = (x: tf.Tensor4D): tf.Tensor4D => maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 });
    let [optical, sar] = [this.optical.stem!.call(images.optical, mode), this.sar.stem!.call(images.sar, mode)];
    const sums = [tf.add<tf.Tensor4D>(optical, sar)];
    [optical, sar] = [pool(optical), pool(sar)];
    let below = pool(sums[0]);
    for (const index of [0, 1, 2]) {
      [optical, sar] = [this.optical.layer(index, optical, mode), this.sar.layer(index, sar, mode)];
      below = tf.addN([this.merged.layer(index, below, mode), optical, sar]) as tf.Tensor4D;
      sums.push(below);
    }
    return sums;
  }
}

interface BranchConfig {
  readonly inChannels: number | null; // null: starts behind a stem, with attention in its bottlenecks
  readonly width: number;
  readonly layers: readonly [number, number, number, number];
  readonly groups: number;
}

class Branch {
  readonly stem?: Stem;
  readonly layers: readonly (readonly Bottleneck[])[]; // the fourth is not read

  constructor({ inChannels, width, layers, groups }: BranchConfig, init: Init) {
    if (inChannels !== null) this.stem = new Stem({ inChannels, width }, init);
    this.layers = layers.map((depth, i) => {
      const planes = width * 2 ** i;
      return Array.from({ length: depth }, (_, j) => {
        const from = j > 0 ? 4 * planes : i === 0 ? width : 2 * planes;
        const attention = inChannels === null;
        return new Bottleneck({ inChannels: from, planes, stride: i > 0 && j === 0 ? 2 : 1, groups, attention }, init);
      });
    });
  }

  layer(index: number, x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return this.layers[index].reduce((features, block) => block.call(features, mode), x);
  }
}

/** Involution 7x7 stride 2, batch norm, ReLU. */
class Stem {
  readonly invo: Involution2d;
  readonly bn: BatchNorm2d;

  constructor({ inChannels, width }: { inChannels: number; width: number }, init: Init) {
    this.invo = new Involution2d({ inChannels, outChannels: width, kernelSize: 7, stride: 2, groups: 1 }, init);
    this.bn = new BatchNorm2d({ channels: width });
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.relu(this.bn.call(this.invo.call(x, mode), mode));
  }
}

interface BottleneckConfig {
  readonly inChannels: number;
  readonly planes: number;
  readonly stride: number;
  readonly groups: number;
  readonly attention: boolean;
}

/** A bottleneck whose 3x3 convolution is an involution, behind it attention in the merged branch. */
class Bottleneck {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly invo2: Involution2d;
  readonly bn2: BatchNorm2d;
  readonly secondFiltering?: PolarizedAttention;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample?: ConvNorm;

  constructor({ inChannels, planes, stride, groups, attention }: BottleneckConfig, init: Init) {
    const outChannels = 4 * planes;
    [this.conv1, this.bn1] = convNorm({ inChannels, outChannels: planes, kernelSize: 1 }, init);
    this.invo2 = new Involution2d({ inChannels: planes, outChannels: planes, kernelSize: 3, stride, groups }, init);
    this.bn2 = new BatchNorm2d({ channels: planes });
    if (attention) this.secondFiltering = new PolarizedAttention(planes, init);
    [this.conv3, this.bn3] = convNorm({ inChannels: planes, outChannels, kernelSize: 1 }, init);
    if (stride !== 1 || inChannels !== outChannels) this.downsample = convNorm({ inChannels, outChannels, kernelSize: 1, stride }, init);
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const reduced = applyConvNormRelu([this.conv1, this.bn1], x, mode);
      const involved = tf.relu(this.bn2.call(this.invo2.call(reduced, mode), mode));
      const filtered = this.secondFiltering ? this.secondFiltering.call(involved) : involved;
      const shortcut = this.downsample ? applyConvNorm(this.downsample, x, mode) : x;
      return tf.relu(tf.add(applyConvNorm([this.conv3, this.bn3], filtered, mode), shortcut));
    });
  }
}

/** Polarised self attention, Liu et al. 2021: weights of the channels plus weights of the pixels, side by side. */
class PolarizedAttention {
  readonly co: { readonly chWv: Conv2d; readonly chWq: Conv2d; readonly chWz: Conv2d; readonly ln: LayerNorm };
  readonly so: { readonly spWv: Conv2d; readonly spWq: Conv2d };

  constructor(channels: number, init: Init) {
    const half = Math.floor(channels / 2);
    const conv = (inChannels: number, outChannels: number): Conv2d => new Conv2d({ inChannels, outChannels, kernelSize: 1 }, init);
    this.co = {
      chWv: conv(channels, half),
      chWq: conv(channels, 1),
      chWz: conv(half, channels),
      ln: new LayerNorm({ features: channels }),
    };
    this.so = { spWv: conv(channels, half), spWq: conv(channels, half) };
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    const [n, h, w] = x.shape;
    const tokens = (map: tf.Tensor4D): tf.Tensor3D => tf.reshape(map, [n, h * w, map.shape[3]]);
    const pixels = softmax(tf.reshape<tf.Rank.R3>(this.co.chWq.call(x), [n, 1, h * w])); // where the channels are read
    const read = tf.expandDims(tf.matMul(pixels, tokens(this.co.chWv.call(x))), 1) as tf.Tensor4D; // [N,1,1,C/2]
    const byChannel = tf.sigmoid(this.co.ln.call(this.co.chWz.call(read))); // [N,1,1,C]
    const query = tf.reshape(tf.mean(this.so.spWq.call(x), [1, 2]), [n, -1, 1]); // [N,C/2,1]
    const byPixel = tf.sigmoid(tf.reshape(tf.matMul(tokens(this.so.spWv.call(x)), query), [n, h, w, 1]));
    return tf.mul(x, tf.add(byChannel, byPixel));
  }
}

/**
 * Every scale takes of all others, resized and brought to its width by a convolution 1x1; the coarsest one of the finer scales alone.
 */
class Exchange {
  readonly conv: readonly (readonly (Conv2d | null)[])[]; // [from][to]

  constructor(channels: readonly number[], init: Init) {
    this.conv = channels.map((inChannels, from) =>
      channels.map((outChannels, to) => (from === to ? null : new Conv2d({ inChannels, outChannels, kernelSize: 1, bias: false }, init))),
    );
  }

  call(scales: readonly tf.Tensor4D[]): tf.Tensor4D[] {
    return scales.map((own, to) => {
      const others = scales.flatMap((x, from) => (from === to ? [] : [this.conv[from][to]!.call(resized(x, own, to - from))]));
      return tf.addN(to === scales.length - 1 ? others : [own, ...others]) as tf.Tensor4D;
    });
  }
}

/** To the size of `like`: bilinear to finer scales, max pools to coarser ones. */
function resized(x: tf.Tensor4D, like: tf.Tensor4D, steps: number): tf.Tensor4D {
  if (steps < 0) return resize(x, { size: [like.shape[1], like.shape[2]], mode: 'bilinear', alignCorners: true });
  if (steps === 1) return maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 });
  return maxPool2d(x, { kernelSize: 2 ** steps });
}

type NormConv = readonly [BatchNorm2d, Conv2d];

/** Pools of growing reach, each refined together with the one before it, as a ladder. */
class ContextLadder {
  readonly scale: readonly NormConv[]; // the pixel, 3x3, 5x5 stride 2, the whole map
  readonly process: readonly NormConv[];
  readonly compression: NormConv;
  readonly shortcut: NormConv;

  constructor({ inChannels, channels }: { inChannels: number; channels: number }, init: Init) {
    const conv = (from: number, kernelSize: number): NormConv => [
      new BatchNorm2d({ channels: from }),
      new Conv2d({ inChannels: from, outChannels: channels, kernelSize, padding: (kernelSize - 1) / 2, bias: false }, init),
    ];
    this.scale = [conv(inChannels, 1), conv(inChannels, 1), conv(inChannels, 1), conv(inChannels, 1)];
    this.process = [conv(channels, 3), conv(channels, 3), conv(channels, 3)];
    this.compression = conv(4 * channels, 1);
    this.shortcut = conv(inChannels, 1);
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const size: [number, number] = [x.shape[1], x.shape[2]];
    const pools = [
      avgPool2d(x, { kernelSize: 3, stride: 1, padding: 1 }),
      avgPool2d(x, { kernelSize: 5, stride: 2, padding: 2 }),
      tf.mean<tf.Tensor4D>(x, [1, 2], true),
    ];
    const steps = [applied(this.scale[0], x, mode)];
    pools.forEach((pool, i) => {
      const context = resize(applied(this.scale[1 + i], pool, mode), { size, mode: 'bilinear' });
      steps.push(applied(this.process[i], tf.add(context, steps[i]), mode));
    });
    return tf.add(applied(this.compression, tf.concat(steps, -1), mode), applied(this.shortcut, x, mode));
  }
}

const applied = ([norm, conv]: NormConv, x: tf.Tensor4D, mode: Mode): tf.Tensor4D => conv.call(tf.relu(norm.call(x, mode)));

interface DecoderLevelConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly depth: number;
  readonly upsample: boolean;
}

/** Residual blocks, of which the last changes the width and, if asked, doubles the size. */
function decoderLevel({ inChannels, outChannels, depth, upsample }: DecoderLevelConfig, init: Init): DecoderBlock[] {
  return Array.from({ length: depth }, (_, i) => {
    const last = i === depth - 1;
    return new DecoderBlock({ inChannels, outChannels: last ? outChannels : inChannels, upsample: last && upsample }, init);
  });
}

class DecoderBlock {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d | ConvTranspose2d;
  readonly bn2: BatchNorm2d;
  readonly upsample?: readonly [ConvTranspose2d, BatchNorm2d];

  constructor({ inChannels, outChannels, upsample }: Omit<DecoderLevelConfig, 'depth'>, init: Init) {
    [this.conv1, this.bn1] = convNorm({ inChannels, outChannels: inChannels }, init);
    const doubling = { inChannels, outChannels, stride: 2, bias: false };
    this.conv2 = upsample
      ? new ConvTranspose2d({ ...doubling, kernelSize: 3, padding: 1, outputPadding: 1 }, init)
      : new Conv2d({ inChannels, outChannels, kernelSize: 3, padding: 1, bias: false }, init);
    this.bn2 = new BatchNorm2d({ channels: outChannels });
    if (upsample) this.upsample = [new ConvTranspose2d({ ...doubling, kernelSize: 2 }, init), new BatchNorm2d({ channels: outChannels })];
  }

  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const hidden = applyConvNormRelu([this.conv1, this.bn1], x, mode);
      const shortcut = this.upsample ? this.upsample[1].call(this.upsample[0].call(x), mode) : x;
      return tf.relu(tf.add(this.bn2.call(this.conv2.call(hidden), mode), shortcut));
    });
  }
}
