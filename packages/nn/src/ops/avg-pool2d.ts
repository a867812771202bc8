import * as tf from '@tensorflow/tfjs-core';
import { padEnds, windowsOf, type Pool2dOptions, type Windows } from './pool-windows.js';

export interface AvgPool2dOptions extends Pool2dOptions {
  readonly countIncludePad?: boolean; // default true: the zeros of the padding count in the mean
}

/** Mean of each window, as PyTorch's avg_pool2d: [N,H,W,C] -> [N,H',W',C]. What lies beyond the padding (ceilMode) never counts. */
export function avgPool2d(x: tf.Tensor4D, options: AvgPool2dOptions): tf.Tensor4D {
  const [height, width] = windowsOf('avgPool2d', x, options);
  const countPadding = options.countIncludePad ?? true;
  return tf.tidy(() => {
    const padded = padEnds(x, height, width, 0);
    const mean: tf.Tensor4D = tf.avgPool(padded, [height.kernel, width.kernel], [height.stride, width.stride], 'valid');
    const rows = counts(height, countPadding);
    const columns = counts(width, countPadding);
    const area = height.kernel * width.kernel;
    const factors = rows.flatMap((row) => columns.map((column) => area / (row * column)));
    return factors.every((factor) => factor === 1) ? mean : tf.mul(mean, tf.tensor4d(factors, [1, rows.length, columns.length, 1]));
  });
}

/** How many positions of each window count. */
function counts({ size, kernel, stride, padding, outputs }: Windows, countPadding: boolean): number[] {
  const [first, end] = countPadding ? [-padding, size + padding] : [0, size];
  return Array.from({ length: outputs }, (_, i) => {
    const start = i * stride - padding;
    return Math.min(start + kernel, end) - Math.max(start, first);
  });
}
