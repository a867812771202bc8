import * as tf from '@tensorflow/tfjs-core';
import {
  assertShape,
  Conv2d,
  dropPath,
  LayerNorm,
  Linear,
  torchInit,
  truncatedNormalInit,
  type Init,
  type Mode,
  type Random,
} from '@rs/nn';
import { SelectiveScan2d, type StateSpaceInit } from './selective-scan2d.js';

export interface VssEncoderConfig {
  readonly inChannels?: number; // default 1
  readonly dims?: readonly number[]; // one a stage, each twice the one before; default 96, 192, 384, 768
  readonly depths?: readonly number[]; // blocks of each stage; default 2, 2, 9, 2
  readonly patchSize?: number; // default 4
  readonly stateSize?: number; // default 16
  readonly expand?: number; // default 2
  readonly dropPathRate?: number; // stochastic depth of the last block, growing linearly from 0; default 0.2
}

/** First values of VMamba: linear layers normal with std 0.02 cut at +-2, the rest PyTorch's default. */
export function vssInit(random: Random): StateSpaceInit {
  return { linear: truncatedNormalInit(random, { std: 0.02 }), other: torchInit(random) };
}

/** VMamba's encoder, Liu et al. 2024 (VMamba-T at the defaults): patches, then stages of selective scans at half the size each. */
export class VssEncoder {
  readonly patchEmbed: { readonly proj: Conv2d; readonly norm: LayerNorm };
  readonly layers: readonly VssStage[];
  readonly #multiple: number; // of which the sides of an image must be

  /** @throws RangeError when dims and depths do not fit each other, or dims do not double */
  constructor(
    {
      inChannels = 1,
      dims = [96, 192, 384, 768],
      depths = [2, 2, 9, 2],
      patchSize = 4,
      stateSize,
      expand,
      dropPathRate = 0.2,
    }: VssEncoderConfig,
    init: Init | StateSpaceInit,
  ) {
    if (depths.length !== dims.length || dims.some((dim, i) => i > 0 && dim !== 2 * dims[i - 1])) {
      throw new RangeError(`VssEncoder: dims must double from stage to stage, one a depth, got dims [${dims}], depths [${depths}]`);
    }
    const inits = 'linear' in init ? init : { linear: init, other: init };
    const blocks = depths.reduce((sum, depth) => sum + depth, 0);
    let block = 0;
    this.#multiple = patchSize * 2 ** (dims.length - 1);
    this.patchEmbed = {
      proj: new Conv2d({ inChannels, outChannels: dims[0], kernelSize: patchSize, stride: patchSize }, inits.other),
      norm: new LayerNorm({ features: dims[0] }),
    };
    this.layers = dims.map((dim, i) => {
      const rates = Array.from({ length: depths[i] }, () => (dropPathRate * block++) / Math.max(1, blocks - 1));
      return new VssStage({ dim, rates, last: i === dims.length - 1, stateSize, expand }, inits);
    });
  }

  /**
   * [N,H,W,inChannels] -> one map a stage, [N,H/s,W/s,dims[i]] with s = patchSize 2^i.
   *
   * @throws RangeError when H or W is not a multiple of the last s
   */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D[] {
    const { proj, norm } = this.patchEmbed;
    assertShape('VssEncoder: x', x, [null, null, null, proj.weight.shape[2]]);
    const [, height, width] = x.shape;
    if (height % this.#multiple !== 0 || width % this.#multiple !== 0) {
      throw new RangeError(`VssEncoder: the sides of x must be multiples of ${this.#multiple}, got ${height}x${width}`);
    }
    return tf.tidy(() => {
      let features = norm.call(proj.call(x));
      return this.layers.map((stage) => {
        const output = stage.call(features, mode);
        if (stage.downsample) features = stage.downsample.call(output);
        return output;
      });
    });
  }
}

interface VssStageConfig {
  readonly dim: number;
  readonly rates: readonly number[]; // of stochastic depth, one a block
  readonly last: boolean;
  readonly stateSize: number | undefined;
  readonly expand: number | undefined;
}

class VssStage {
  readonly blocks: readonly VssBlock[];
  readonly downsample?: PatchMerging;

  constructor({ dim, rates, last, stateSize, expand }: VssStageConfig, init: StateSpaceInit) {
    this.blocks = rates.map((rate) => new VssBlock({ dim, rate, stateSize, expand }, init));
    if (!last) this.downsample = new PatchMerging(dim, init.linear);
  }

  /** [N,H,W,dim] -> [N,H,W,dim] */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return this.blocks.reduce((features, block) => block.call(features, mode), x);
  }
}

interface VssBlockConfig extends Pick<VssStageConfig, 'dim' | 'stateSize' | 'expand'> {
  readonly rate: number; // of stochastic depth
}

/** x + SelectiveScan2d(norm(x)) */
class VssBlock {
  readonly ln_1: LayerNorm;
  readonly selfAttention: SelectiveScan2d;
  readonly #rate: number;

  constructor({ dim, rate, stateSize, expand }: VssBlockConfig, init: StateSpaceInit) {
    this.ln_1 = new LayerNorm({ features: dim });
    this.selfAttention = new SelectiveScan2d({ dim, stateSize, expand }, init);
    this.#rate = rate;
  }

  /** [N,H,W,dim] -> [N,H,W,dim] */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.add(x, dropPath(this.selfAttention.call(this.ln_1.call(x)), { rate: this.#rate, mode }));
  }
}

/** Half the size, twice the channels: each 2x2 patch, in the order (0,0), (1,0), (0,1), (1,1) of row and column, through one linear layer. */
class PatchMerging {
  readonly norm: LayerNorm;
  readonly reduction: Linear;

  constructor(dim: number, init: Init) {
    this.norm = new LayerNorm({ features: 4 * dim });
    this.reduction = new Linear({ inFeatures: 4 * dim, outFeatures: 2 * dim, bias: false }, init);
  }

  /** [N,H,W,C] -> [N,H/2,W/2,2C] */
  call(x: tf.Tensor4D): tf.Tensor4D {
    const [batch, height, width, channels] = x.shape;
    const patches = tf.transpose(tf.reshape(x, [batch, height / 2, 2, width / 2, 2, channels]), [0, 1, 3, 4, 2, 5]);
    return this.reduction.call(this.norm.call(tf.reshape<tf.Rank.R4>(patches, [batch, height / 2, width / 2, 4 * channels])));
  }
}
