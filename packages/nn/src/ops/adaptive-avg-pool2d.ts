import * as tf from '@tensorflow/tfjs-core';
import { mixAxes, type AxisMix } from './mix-axes.js';
import { avgPool2d } from './avg-pool2d.js';

/**
 * PyTorch's adaptive_avg_pool2d: the mean of a grid of bins, [N,H,W,C] -> [N,h,w,C]. Bin i of n covers floor(i H / n) .. ceil((i + 1) H / n).
 *
 * @throws RangeError when a size is not a positive integer
 */
export function adaptiveAvgPool2d(x: tf.Tensor4D, outputSize: readonly [number, number]): tf.Tensor4D {
  const [height, width] = outputSize;
  if (!outputSize.every((size) => Number.isInteger(size) && size > 0)) {
    throw new RangeError(`adaptiveAvgPool2d: outputSize must be two positive integers, got [${outputSize}]`);
  }
  const [, h, w] = x.shape;
  return tf.tidy(() => {
    if (height === 1 && width === 1) return tf.mean<tf.Tensor4D>(x, [1, 2], true);
    if (h % height === 0 && w % width === 0) return avgPool2d(x, { kernelSize: [h / height, w / width] });
    return mixAxes(x, bins(h, height), bins(w, width));
  });
}

function bins(size: number, outputs: number): AxisMix {
  const taps = Array.from({ length: outputs }, (_, i) => {
    const start = Math.floor((i * size) / outputs);
    const count = Math.ceil(((i + 1) * size) / outputs) - start;
    return Array.from({ length: count }, (_, j) => ({ index: start + j, weight: 1 / count }));
  });
  return { size, taps };
}
