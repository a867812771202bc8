import * as tf from '@tensorflow/tfjs-core';
import { conv2d, joinHeads, softmax, splitHeads, type Conv2d, type Init, type Mode } from '@rs/nn';
import type { CloudRemovalOutputs } from './cloud-removal.js';
import { assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { paddedConv, type PaddedConvConfig } from './padded-conv.js';

export interface UssrnCrConfig extends OpticalSarChannels {
  readonly stemChannels?: number; // of each modality before the fusion, a multiple of 6; default 72
  readonly features?: number; // channels of the residual body; default 256
  readonly blocks?: number; // residual blocks, half of them before the attention; default 8
  readonly numHeads?: number; // of the spatial attention, must divide features; default 4
  readonly residualScale?: number; // of each block's branch; default 0.1
}

/**
 * USSRN-CR, Wang et al. 2024 (IEEE TGRS 62, 5600820), as its public code has it (WenjuanZhang-aircas/USSRN-CR): gated convolutions on the optical bands,
 * plain ones on SAR, both at three scales, edges of SAR beside them, then residual blocks around spatial and channel attention; the result is added
 * to the cloudy image. Table IV of EDC does not count it; here 18.7618 M parameters with 4 optical and 2 SAR bands.
 *
 * Decisions: the code leaves the width of the body to an argument without default; 256 here, as in the networks it descends from. Its Canny edges
 * are found on the host, which no graph can hold; here their first step, the gradient of the Gaussian-smoothed band, scaled to [0, 1] an image.
 */
export class USSRNCR {
  readonly headMs: GatedConv;
  readonly headSar: Conv2d;
  readonly headEdges: Conv2d;
  readonly scalesMs: readonly GatedConv[]; // 3x3, 5x5, 7x7
  readonly scalesSar: readonly Conv2d[];
  readonly fusion: Conv2d;
  readonly before: readonly ResidualBlock[];
  readonly attention: SpatialChannelAttention;
  readonly after: readonly ResidualBlock[];
  readonly tail: Conv2d;
  readonly #channels: Required<OpticalSarChannels>;

  constructor(config: UssrnCrConfig, init: Init) {
    const { optChannels = 4, sarChannels = 2, stemChannels = 72, features = 256, blocks = 8, numHeads = 4, residualScale = 0.1 } = config;
    if (stemChannels % 6 !== 0) throw new RangeError(`USSRNCR: stemChannels must be a multiple of 6, got ${stemChannels}`);
    if (features % numHeads !== 0) throw new RangeError(`USSRNCR: numHeads must divide features (${features}), got ${numHeads}`);
    const body = (): ResidualBlock[] =>
      Array.from({ length: Math.floor(blocks / 2) }, () => new ResidualBlock({ features, residualScale }, init));
    this.#channels = { optChannels, sarChannels };
    this.headMs = new GatedConv({ inChannels: optChannels, outChannels: stemChannels, kernelSize: 3 }, init);
    this.headSar = paddedConv({ inChannels: sarChannels, outChannels: stemChannels, kernelSize: 3 }, init);
    this.headEdges = paddedConv({ inChannels: sarChannels, outChannels: stemChannels / 2, kernelSize: 3 }, init);
    const scale = (kernelSize: number) => ({ inChannels: stemChannels, outChannels: stemChannels / 3, kernelSize });
    this.scalesMs = [3, 5, 7].map((size) => new GatedConv(scale(size), init));
    this.scalesSar = [3, 5, 7].map((size) => paddedConv(scale(size), init));
    this.fusion = paddedConv({ inChannels: 2.5 * stemChannels, outChannels: features, kernelSize: 3 }, init);
    this.before = body();
    this.attention = new SpatialChannelAttention({ features, numHeads, residualScale }, init);
    this.after = body();
    this.tail = paddedConv({ inChannels: features, outChannels: optChannels, kernelSize: 3 }, init);
  }

  /** @throws RangeError when optical and sar do not have one size, or not the channels they were configured with */
  call(images: OpticalSar, _mode: Mode): CloudRemovalOutputs {
    assertOpticalSar('USSRNCR', images, this.#channels);
    const { optical, sar } = images;
    return tf.tidy(() => {
      const scaled = <T extends { call(x: tf.Tensor4D): tf.Tensor4D }>(x: tf.Tensor4D, convs: readonly T[]): tf.Tensor4D =>
        tf.add(x, tf.concat(convs.map((layer) => layer.call(x)), -1)); // prettier-ignore
      const edges = this.headEdges.call(edgesOf(sar));
      const joined = tf.concat(
        [scaled(this.headMs.call(optical), this.scalesMs), scaled(this.headSar.call(sar), this.scalesSar), edges],
        -1,
      );
      const through = (x: tf.Tensor4D, blocks: readonly ResidualBlock[]): tf.Tensor4D => blocks.reduce((y, block) => block.call(y), x);
      const features = through(this.attention.call(through(tf.relu(this.fusion.call(joined)), this.before)), this.after);
      return { reconstruction: tf.add<tf.Tensor4D>(this.tail.call(features), optical) };
    });
  }
}

/** relu(a) sigmoid(b) of a convolution's two halves, Yu et al. 2019: what is cloud can be kept from passing. */
class GatedConv {
  readonly gateConv: Conv2d;

  constructor({ outChannels, ...config }: PaddedConvConfig, init: Init) {
    this.gateConv = paddedConv({ ...config, outChannels: 2 * outChannels }, init);
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    const [features, gate] = tf.split<tf.Tensor4D>(this.gateConv.call(x), 2, -1);
    return tf.mul(tf.relu(features), tf.sigmoid(gate));
  }
}

interface ResidualBlockConfig {
  readonly features: number;
  readonly residualScale: number;
}

/** Three convolutions 3x3; their output is scaled and added. */
class ResidualBlock {
  readonly body: readonly [Conv2d, Conv2d, Conv2d];
  readonly #scale: number;

  constructor({ features, residualScale }: ResidualBlockConfig, init: Init) {
    const layer = (): Conv2d => paddedConv({ inChannels: features, outChannels: features, kernelSize: 3 }, init);
    this.body = [layer(), layer(), layer()];
    this.#scale = residualScale;
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    const [first, second, third] = this.body;
    return tf.tidy(() => tf.add(x, tf.mul(third.call(tf.relu(second.call(tf.relu(first.call(x))))), this.#scale)));
  }
}

/**
 * Attention over the pixels at linear cost, Shen et al. 2021, and over the channels, Fu et al. 2019, side by side between two residual blocks. Both
 * begin as the identity: their weights gamma start at 0.
 */
class SpatialChannelAttention {
  readonly rbs1: ResidualBlock;
  readonly spatial: { readonly gamma: tf.Variable; readonly keys: Conv2d; readonly queries: Conv2d; readonly values: Conv2d };
  readonly channel: { readonly gamma: tf.Variable };
  readonly rbs2: ResidualBlock;
  readonly #numHeads: number;

  constructor({ numHeads, ...block }: ResidualBlockConfig & { readonly numHeads: number }, init: Init) {
    const { features } = block;
    const pointwise = (): Conv2d => paddedConv({ inChannels: features, outChannels: features, kernelSize: 1 }, init);
    this.rbs1 = new ResidualBlock(block, init);
    this.spatial = { gamma: zero(), keys: pointwise(), queries: pointwise(), values: pointwise() };
    this.channel = { gamma: zero() };
    this.rbs2 = new ResidualBlock(block, init);
    this.#numHeads = numHeads;
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const features = this.rbs1.call(x);
      const ofPixels = tf.mul(this.overPixels(features), this.spatial.gamma);
      const ofChannels = tf.mul(this.overChannels(features), this.channel.gamma);
      return this.rbs2.call(tf.addN([ofPixels, ofChannels, features, features]) as tf.Tensor4D);
    });
  }

  /** softmax_c(Q) (softmax_p(K)^T V) */
  private overPixels(x: tf.Tensor4D): tf.Tensor4D {
    const [n, h, w, channels] = x.shape;
    const heads = (map: tf.Tensor4D): tf.Tensor4D => splitHeads(tf.reshape(map, [n, h * w, channels]), this.#numHeads); // [N,heads,L,d]
    const queries = softmax(heads(this.spatial.queries.call(x)));
    const keys = softmax(tf.transpose(heads(this.spatial.keys.call(x)), [0, 1, 3, 2])); // [N,heads,d,L], over the pixels
    const context = tf.matMul(keys, heads(this.spatial.values.call(x))); // [N,heads,d,d]
    return tf.reshape(joinHeads(tf.matMul(queries, context)), x.shape);
  }

  /** softmax(-X^T X) X: channels unlike each other exchange. */
  private overChannels(x: tf.Tensor4D): tf.Tensor4D {
    const [n, h, w, channels] = x.shape;
    const tokens = tf.reshape(x, [n, h * w, channels]);
    const attention = softmax(tf.neg(tf.matMul<tf.Tensor3D>(tokens, tokens, true, false))); // [N,C,C]
    return tf.reshape(tf.matMul(tokens, attention, false, true), x.shape);
  }
}

const zero = (): tf.Variable => tf.tidy(() => tf.variable(tf.zeros([1])));

/** Length of the gradient of each band after a Gaussian of sigma 2, its largest value in the image scaled to 1: [N,H,W,C] -> [N,H,W,C] */
function edgesOf(image: tf.Tensor4D): tf.Tensor4D {
  const channels = image.shape[3];
  const reach = 6; // three sigma
  const offsets = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const bell = offsets.map((d) => Math.exp(-(d ** 2) / 8));
  const total = bell.reduce((sum, value) => sum + value);
  const smooth = bell.map((value) => value / total);
  const slope = offsets.map((d, i) => (-d / 4) * smooth[i]); // derivative of the Gaussian
  const along = (rows: readonly number[], columns: readonly number[]): tf.Tensor4D => {
    const taps = rows.flatMap((row) => columns.flatMap((column) => Array.from({ length: channels }, () => row * column)));
    return conv2d({
      x: image,
      filter: tf.tensor4d(taps, [rows.length, columns.length, 1, channels]),
      padding: reach,
      groups: channels,
    });
  };
  const length = tf.sqrt(tf.add(tf.add(tf.square(along(slope, smooth)), tf.square(along(smooth, slope))), 1e-12));
  return tf.div(length, tf.max(length, [1, 2], true));
}
