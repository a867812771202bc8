import * as tf from '@tensorflow/tfjs-core';
import { pad2d, residualGate, type Conv2d, type Init } from '@rs/nn';
import { paddedConv } from './padded-conv.js';
import type { MapPair } from './paired-window-block.js';

export interface DynamicFilterFusionConfig {
  readonly channels: number; // C of each modality
  readonly filterSize?: number; // of the filters made for each pixel and channel, odd; default 5
}

/**
 * Local fusion of GLF-CR, Xu et al. 2022, section 3.3: SAR features are filtered by kernels made from both modalities, then each modality takes of the
 * other what its gate lets through,
 *     f = filter(sar, kernels([opt, sar])),  opt' = opt + (f - opt) sigmoid(conv(f - opt)),  sar' = sar + (opt' - f) sigmoid(conv(opt' - f))
 */
export class DynamicFilterFusion {
  readonly DF: { readonly first: Conv2d; readonly residual: readonly (readonly [Conv2d, Conv2d])[]; readonly last: Conv2d };
  readonly sarFuse1x1conv: Conv2d;
  readonly optDistribute1x1conv: Conv2d;
  readonly #filterSize: number;

  constructor({ channels, filterSize = 5 }: DynamicFilterFusionConfig, init: Init) {
    const conv = (inChannels: number, outChannels: number, kernelSize: number): Conv2d =>
      paddedConv({ inChannels, outChannels, kernelSize }, init);
    const residual = (): [Conv2d, Conv2d] => [conv(channels, channels, 3), conv(channels, channels, 3)];
    this.DF = {
      first: conv(2 * channels, channels, 3),
      residual: [residual(), residual()],
      last: conv(channels, channels * filterSize ** 2, 1),
    };
    this.sarFuse1x1conv = conv(channels, channels, 1);
    this.optDistribute1x1conv = conv(channels, channels, 1);
    this.#filterSize = filterSize;
  }

  call([optical, sar]: MapPair): MapPair {
    return tf.tidy(() => {
      const filtered = this.filtered(sar, this.kernels([optical, sar]));
      const newOptical = residualGate(optical, tf.sub(filtered, optical), this.sarFuse1x1conv);
      return [newOptical, residualGate(sar, tf.sub(newOptical, filtered), this.optDistribute1x1conv)];
    });
  }

  /** [N,H,W,C k^2], the taps of a channel side by side */
  private kernels(maps: MapPair): tf.Tensor4D {
    const { first, residual, last } = this.DF;
    const start = leaky(first.call(tf.concat([...maps], -1)));
    return leaky(last.call(residual.reduce((x, [a, b]) => tf.add(b.call(leaky(a.call(x))), x), start)));
  }

  /** y_pc = sum_d kernels_pcd x_(p + d)c, the edge repeated outwards */
  private filtered(x: tf.Tensor4D, kernels: tf.Tensor4D): tf.Tensor4D {
    const [n, h, w, channels] = x.shape;
    const size = this.#filterSize;
    const reach = (size - 1) / 2;
    const padded = pad2d(x, { padding: [reach, reach, reach, reach], mode: 'replicate' });
    const taps = Array.from({ length: size ** 2 }, (_, i) => tf.slice(padded, [0, Math.floor(i / size), i % size, 0], [n, h, w, channels]));
    return tf.sum(tf.mul(tf.stack(taps, 4), tf.reshape(kernels, [n, h, w, channels, size ** 2])), -1);
  }
}

const leaky = (x: tf.Tensor4D): tf.Tensor4D => tf.leakyRelu(x, 0.1);
