import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import type { Mode } from '../mode.js';
import { maxOverChannels } from '../ops/max-over-channels.js';
import { BatchNorm2d } from './batch-norm2d.js';
import { Conv2d } from './conv2d.js';

export interface SpatialGateConfig {
  readonly kernelSize?: number; // of the convolution, odd; default 7
}

/**
 * Spatial attention, Woo et al. 2018, eq. (3), with a batch norm. Of the discrepancy D of two modalities it becomes near 1 where they disagree, EDC, eq. (3):
 *
 *     A = sigmoid(BN(conv([max_c D, mean_c D])))
 *
 * The batch norm has momentum 0.01 and eps 1e-5.
 */
export class SpatialGate {
  readonly spatial: { readonly conv: Conv2d; readonly bn: BatchNorm2d };

  constructor({ kernelSize = 7 }: SpatialGateConfig, init: Init) {
    if (kernelSize % 2 !== 1) throw new RangeError(`SpatialGate: kernelSize must be odd, got ${kernelSize}`);
    this.spatial = {
      conv: new Conv2d({ inChannels: 2, outChannels: 1, kernelSize, padding: (kernelSize - 1) / 2, bias: false }, init),
      bn: new BatchNorm2d({ channels: 1, momentum: 0.01 }),
    };
  }

  /** D [N,H,W,C] -> A [N,H,W,1] in (0, 1) */
  call(discrepancy: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    assertShape('SpatialGate: discrepancy', discrepancy, [null, null, null, null]);
    return tf.tidy(() => {
      const pooled = tf.concat([maxOverChannels(discrepancy), tf.mean<tf.Tensor4D>(discrepancy, -1, true)], -1); // [N,H,W,2]
      return tf.sigmoid(this.spatial.bn.call(this.spatial.conv.call(pooled), mode));
    });
  }
}
