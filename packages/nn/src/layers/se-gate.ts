import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import { Linear } from './linear.js';

export interface SeGateConfig {
  readonly channels: number; // K, the length of the descriptor
  readonly reduction?: number; // the hidden width is max(1, floor(K / reduction)); default 16
}

/**
 * Channel weights by squeeze-and-excitation, Hu et al. 2018, eq. (3), without biases:
 *
 *     s = sigmoid(fc2 relu(fc1 z))
 */
export class SeGate {
  readonly channels: number;
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor({ channels, reduction = 16 }: SeGateConfig, init: Init) {
    const hidden = Math.max(1, Math.floor(channels / reduction));
    this.channels = channels;
    this.fc1 = new Linear({ inFeatures: channels, outFeatures: hidden, bias: false }, init);
    this.fc2 = new Linear({ inFeatures: hidden, outFeatures: channels, bias: false }, init);
  }

  /** z [N,K] -> s [N,K] in (0, 1) */
  call(z: tf.Tensor2D): tf.Tensor2D {
    assertShape('SeGate: z', z, [null, this.channels]);
    return tf.tidy(() => tf.sigmoid(this.fc2.call(tf.relu(this.fc1.call(z)))));
  }
}
