import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import { conv2d } from '../ops/conv2d.js';

export interface EcaGateConfig {
  readonly channels: number; // K, the length of the descriptor
  readonly kernelSize?: number | null; // of the convolution along the channels, odd; default null: ecaKernelSize(channels)
}

/** Kernel size for K channels, Wang et al. 2020 (ECA-Net), eq. (12) with gamma 2, b 1: t = floor((log2 K + 1) / 2), next odd. */
export function ecaKernelSize(channels: number): number {
  const size = Math.floor((Math.log2(channels) + 1) / 2);
  return size % 2 === 1 ? size : size + 1;
}

/**
 * Channel weights from a descriptor by a convolution along the channels. Wang et al. 2020; EDC, eq. (6):
 *
 *     s = sigmoid(conv1d_k(z))
 */
export class EcaGate {
  readonly channels: number;
  readonly conv: { readonly weight: tf.Variable<tf.Rank.R3> }; // [1,1,k]

  constructor({ channels, kernelSize = null }: EcaGateConfig, init: Init) {
    const size = kernelSize ?? ecaKernelSize(channels);
    if (size % 2 !== 1) throw new RangeError(`EcaGate: kernelSize must be odd, got ${size}`);
    this.channels = channels;
    this.conv = { weight: tf.tidy(() => tf.variable(init.weight([1, 1, size], { fanIn: size, fanOut: size }) as tf.Tensor3D)) };
  }

  /** z [N,K] -> s [N,K] in (0, 1) */
  call(z: tf.Tensor2D): tf.Tensor2D {
    assertShape('EcaGate: z', z, [null, this.channels]);
    const size = this.conv.weight.shape[2];
    return tf.tidy(() => {
      const row = tf.reshape(z, [-1, 1, this.channels, 1]); // an image of height 1 and one channel
      const filter = tf.reshape(this.conv.weight, [1, size, 1, 1]); // HWIO
      const mixed = conv2d({ x: row as tf.Tensor4D, filter: filter as tf.Tensor4D, padding: [0, (size - 1) / 2] });
      return tf.sigmoid(tf.reshape(mixed, [-1, this.channels]) as tf.Tensor2D);
    });
  }
}
