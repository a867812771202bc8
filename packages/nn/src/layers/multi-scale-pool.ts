import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import { maxPool2d } from '../ops/max-pool2d.js';
import { resize } from '../ops/resize.js';
import { Conv2d } from './conv2d.js';

export interface MultiScalePoolConfig {
  readonly channels: number; // C
}

/**
 * Context at three scales, the feature step of CloudSeg's fusion that EDC keeps:
 *
 *     F = relu(conv1x1([x, up(maxpool2 x), up(maxpool4 x)]))
 *
 * Pools have stride = kernel and no padding, the kernel is clipped to a smaller map; up is nearest, index floor(i in / out).
 */
export class MultiScalePool {
  readonly conv: readonly [Conv2d];

  constructor({ channels }: MultiScalePoolConfig, init: Init) {
    this.conv = [new Conv2d({ inChannels: 3 * channels, outChannels: channels, kernelSize: 1 }, init)];
  }

  /** [N,H,W,C] -> [N,H,W,C] */
  call(x: tf.Tensor4D): tf.Tensor4D {
    assertShape('MultiScalePool: x', x, [null, null, null, null]);
    const [, h, w] = x.shape;
    return tf.tidy(() => {
      const scales = [2, 4].map((size) => {
        const kernelSize: [number, number] = [Math.min(size, h), Math.min(size, w)];
        return resize(maxPool2d(x, { kernelSize, stride: kernelSize }), { size: [h, w], mode: 'nearest' });
      });
      return tf.relu(this.conv[0].call(tf.concat([x, ...scales], -1)));
    });
  }
}
