import * as tf from '@tensorflow/tfjs-core';
import { isNative, rawOp, type Attributes } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';
import { pair, type Pair } from './pair.js';

export interface Pool2dOptions {
  readonly kernelSize: Pair;
  readonly stride?: Pair; // default: kernelSize
  readonly padding?: Pair; // on both sides, at most half the kernel; default 0
  readonly ceilMode?: boolean; // default false; true: a window may reach beyond the end, if it starts inside
}

export interface AvgPool2dOptions extends Pool2dOptions {
  readonly countIncludePad?: boolean; // default true: the zeros of the padding count in the mean
}

/** Largest value of each window, as PyTorch's max_pool2d (pads with -infinity): [N,H,W,C] -> [N,H',W',C]. */
export function maxPool2d(x: tf.Tensor4D, options: Pool2dOptions): tf.Tensor4D {
  const [height, width] = windowsOf('maxPool2d', x, options);
  return tf.tidy(() => {
    if (isNative() && [height, width].some((windows) => windows.padding + endPadding(windows) > 0)) return nativeMaxPool(x, height, width);
    const padded = padEnds(x, height, width, -Infinity);
    return tf.maxPool(padded, [height.kernel, width.kernel], [height.stride, width.stride], 'valid');
  });
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

/** The windows along one axis. */
interface Windows {
  readonly size: number; // of the input
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly outputs: number;
}

function windowsOf(name: string, x: tf.Tensor4D, options: Pool2dOptions): readonly [Windows, Windows] {
  const kernel = pair(options.kernelSize);
  const stride = pair(options.stride ?? options.kernelSize);
  const padding = pair(options.padding ?? 0);
  const along = (axis: 0 | 1): Windows => {
    const size = x.shape[1 + axis];
    if (2 * padding[axis] > kernel[axis]) {
      throw new RangeError(`${name}: padding must be at most half of kernelSize [${kernel}], got [${padding}]`);
    }
    const span = size + 2 * padding[axis] - kernel[axis];
    if (span < 0) throw new RangeError(`${name}: kernelSize [${kernel}] does not fit x of shape [${x.shape}] with padding [${padding}]`);
    let outputs = (options.ceilMode ? Math.ceil(span / stride[axis]) : Math.floor(span / stride[axis])) + 1;
    if ((outputs - 1) * stride[axis] >= size + padding[axis]) outputs--; // a window must start inside the input or its left padding
    return { size, kernel: kernel[axis], stride: stride[axis], padding: padding[axis], outputs };
  };
  return [along(0), along(1)];
}

/** What is needed after the end so that the last window is whole. */
const endPadding = ({ size, kernel, stride, padding, outputs }: Windows): number =>
  Math.max(0, (outputs - 1) * stride + kernel - size - padding);

function padEnds(x: tf.Tensor4D, height: Windows, width: Windows, value: number): tf.Tensor4D {
  const paddings: [number, number][] = [[0, 0], [height.padding, endPadding(height)], [width.padding, endPadding(width)], [0, 0]]; // prettier-ignore
  return paddings.flat().every((size) => size === 0) ? x : tf.pad(x, paddings, value);
}

/** TensorFlow pads with -infinity by itself. */
function nativeMaxPool(x: tf.Tensor4D, height: Windows, width: Windows): tf.Tensor4D {
  const attributes: Attributes = {
    T: ['type', 'float32'],
    ksize: ['int', [1, height.kernel, width.kernel, 1]],
    strides: ['int', [1, height.stride, width.stride, 1]],
    padding: ['string', 'EXPLICIT'],
    explicit_paddings: ['int', [0, 0, height.padding, endPadding(height), width.padding, endPadding(width), 0, 0]],
    data_format: ['string', 'NHWC'],
  };
  return withGradient({
    inputs: { x: x as tf.Tensor },
    forward: (save) => {
      const y = rawOp('MaxPool', attributes, [x]);
      save([x, y]);
      return y;
    },
    backward: (dy, [x, y]) => ({ x: () => rawOp('MaxPoolGrad', attributes, [x, y, dy]) }),
  }) as tf.Tensor4D;
}

/** How many positions of each window count. */
function counts({ size, kernel, stride, padding, outputs }: Windows, countPadding: boolean): number[] {
  const [first, end] = countPadding ? [-padding, size + padding] : [0, size];
  return Array.from({ length: outputs }, (_, i) => {
    const start = i * stride - padding;
    return Math.min(start + kernel, end) - Math.max(start, first);
  });
}
