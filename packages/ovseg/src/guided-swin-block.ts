import * as tf from '@tensorflow/tfjs-core';
import { LayerNorm, mergeWindows, Mlp, partitionWindows, type Init } from '@rs/nn';
import { GuidedWindowAttention } from './guided-window-attention.js';
import { cyclicShift, shiftMask } from './shifted-windows.js';

export interface GuidedSwinBlockConfig {
  readonly dim: number; // C
  readonly guidanceDim: number; // G; 0: no guidance
  readonly resolution: readonly [number, number]; // [H,W], multiples of the window
  readonly heads: number;
  readonly windowSize: number;
  readonly shift: number; // of the windows' grid, in pixels
}

/**
 * A Swin block, Liu et al. 2021, eq. (3), whose attention is guided: with g the guidance of the image,
 *
 *     x' = x + attention([norm1(x) ; g]),    y = x' + mlp(norm2(x'))
 */
export class GuidedSwinBlock {
  readonly norm1: LayerNorm;
  readonly attn: GuidedWindowAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly #config: GuidedSwinBlockConfig;
  readonly #mask?: Float32Array; // [windows,L,L]

  constructor(config: GuidedSwinBlockConfig, init: Init) {
    const { dim, guidanceDim, heads, shift } = config;
    this.#config = config;
    this.norm1 = new LayerNorm({ features: dim });
    this.attn = new GuidedWindowAttention({ dim, guidanceDim, heads }, init);
    this.norm2 = new LayerNorm({ features: dim });
    this.mlp = new Mlp({ dim, hidden: 4 * dim }, init);
    if (shift > 0) this.#mask = shiftMask(config);
  }

  /** x [B T,H,W,C], guidance [B,H,W,G] -> [B T,H,W,C] */
  call(x: tf.Tensor4D, guidance?: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const attended = tf.tidy(() => tf.add<tf.Tensor4D>(x, this.attend(this.norm1.call(x), guidance)));
      return tf.add(attended, this.mlp.call(this.norm2.call(attended)));
    });
  }

  private attend(x: tf.Tensor4D, guidance?: tf.Tensor4D): tf.Tensor4D {
    const { resolution, windowSize, shift } = this.#config;
    const shifted = (map: tf.Tensor4D, by: number): tf.Tensor4D => (by === 0 ? map : cyclicShift(map, by));
    const windows = partitionWindows(shifted(x, shift), windowSize);
    const attended = this.attn.call(windows, guidance && this.inWindows(shifted(guidance, shift)), this.mask(x.shape[0]));
    return shifted(mergeWindows(attended, [resolution[0] / windowSize, resolution[1] / windowSize]), -shift);
  }

  /** [B,H,W,G] -> [B,windows L,G] */
  private inWindows(guidance: tf.Tensor4D): tf.Tensor3D {
    const [batch, height, width, channels] = guidance.shape;
    return tf.reshape(partitionWindows(guidance, this.#config.windowSize), [batch, height * width, channels]);
  }

  /** [maps windows,1,L,L] */
  private mask(maps: number): tf.Tensor4D | undefined {
    if (!this.#mask) return undefined;
    const tokens = this.#config.windowSize ** 2;
    return tf.tile(tf.tensor4d(this.#mask, [this.#mask.length / tokens ** 2, 1, tokens, tokens]), [maps, 1, 1, 1]);
  }
}
