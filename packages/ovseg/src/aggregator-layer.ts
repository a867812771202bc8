import * as tf from '@tensorflow/tfjs-core';
import type { Init } from '@rs/nn';
import { ClassAggregator } from './class-aggregator.js';
import type { AttentionType } from './class-attention.js';
import { SpatialAggregator } from './spatial-aggregator.js';

export interface AggregatorLayerConfig {
  readonly hiddenDim: number; // C
  readonly textGuidanceDim: number; // 0: none
  readonly appearanceGuidanceDim: number; // 0: none
  readonly heads?: number; // default 4
  readonly resolution: readonly [number, number]; // [H,W]
  readonly poolingSize?: readonly [number, number] | null; // see ClassAggregator
  readonly windowSize?: number; // see SpatialAggregator
  readonly attentionType?: AttentionType; // among classes; default linear
  readonly padLen?: number; // see ClassAggregator
}

export interface AggregatorLayerInputs {
  readonly x: tf.Tensor4D; // [B T,H,W,C]
  readonly batch: number; // B
  readonly appearance?: tf.Tensor4D; // [B,H,W,appearanceGuidanceDim]
  readonly text?: tf.Tensor3D; // [B,T,textGuidanceDim]
}

/** Over the pixels of each class, then over the classes at each position: Cho et al. 2024 (CAT-Seg), section 3.3. */
export class AggregatorLayer {
  readonly swinBlock: SpatialAggregator;
  readonly attention: ClassAggregator;

  constructor({ hiddenDim, textGuidanceDim, appearanceGuidanceDim, ...more }: AggregatorLayerConfig, init: Init) {
    this.swinBlock = new SpatialAggregator({ ...more, dim: hiddenDim, guidanceDim: appearanceGuidanceDim }, init);
    this.attention = new ClassAggregator({ ...more, hiddenDim, guidanceDim: textGuidanceDim }, init);
  }

  /** [B T,H,W,C] */
  call({ x, batch, appearance, text }: AggregatorLayerInputs): tf.Tensor4D {
    return tf.tidy(() => this.attention.call(this.swinBlock.call(x, appearance), batch, text));
  }
}
