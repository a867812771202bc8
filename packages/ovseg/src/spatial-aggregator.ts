import * as tf from '@tensorflow/tfjs-core';
import { assertShape, LayerNorm, type Init } from '@rs/nn';
import { GuidedSwinBlock } from './guided-swin-block.js';

export interface SpatialAggregatorConfig {
  readonly dim: number; // C
  readonly guidanceDim: number; // G of the appearance guidance; 0: none
  readonly resolution: readonly [number, number]; // [H,W]
  readonly heads?: number; // default 4
  readonly windowSize?: number; // pixels; default 12; a map that is not larger is one window
}

/**
 * Aggregation over the pixels of each class, Cho et al. 2024 (CAT-Seg), eq. (3): two Swin blocks, the second with windows shifted by half
 * their size, guided by the look of the image.
 */
export class SpatialAggregator {
  readonly block_1: GuidedSwinBlock;
  readonly block_2: GuidedSwinBlock;
  readonly guidanceNorm?: LayerNorm;
  readonly #config: SpatialAggregatorConfig;

  /** @throws RangeError when the window does not divide the resolution, or heads not dim */
  constructor(config: SpatialAggregatorConfig, init: Init) {
    const { dim, guidanceDim, resolution, heads = 4, windowSize = 12 } = config;
    this.#config = config;
    const side = Math.min(...resolution, windowSize);
    const shift = Math.min(...resolution) > windowSize ? Math.floor(windowSize / 2) : 0;
    if (!(side > 0) || resolution.some((size) => size % side !== 0)) {
      throw new RangeError(`SpatialAggregator: resolution must be multiples of the window (${side}), got [${resolution}]`);
    }
    const block = { dim, guidanceDim, resolution, heads, windowSize: side };
    this.block_1 = new GuidedSwinBlock({ ...block, shift: 0 }, init);
    this.block_2 = new GuidedSwinBlock({ ...block, shift }, init);
    if (guidanceDim > 0) this.guidanceNorm = new LayerNorm({ features: guidanceDim });
  }

  /**
   * @param x [B T,H,W,C], H and W as configured
   * @param guidance [B,H,W,G], the same for the T classes of an image; absent where there is none
   * @returns [B T,H,W,C]
   */
  call(x: tf.Tensor4D, guidance?: tf.Tensor4D): tf.Tensor4D {
    const { dim, guidanceDim, resolution } = this.#config;
    assertShape('SpatialAggregator: x', x, [null, ...resolution, dim]);
    if (guidanceDim > 0 !== (guidance !== undefined)) {
      throw new Error(`SpatialAggregator: guidance must be ${guidanceDim > 0 ? `given, ${guidanceDim} channels` : 'absent'}`);
    }
    if (guidance) {
      assertShape('SpatialAggregator: guidance', guidance, [null, ...resolution, guidanceDim]);
      if (x.shape[0] % guidance.shape[0] !== 0) {
        throw new RangeError(`SpatialAggregator: x must hold the classes of ${guidance.shape[0]} images, got [${x.shape}]`);
      }
    }
    return tf.tidy(() => {
      const normed = guidance && this.guidanceNorm?.call(guidance);
      return this.block_2.call(this.block_1.call(x, normed), normed);
    });
  }
}
