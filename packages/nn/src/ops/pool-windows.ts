import * as tf from '@tensorflow/tfjs-core';
import { pair, type Pair } from './pair.js';

export interface Pool2dOptions {
  readonly kernelSize: Pair;
  readonly stride?: Pair; // default: kernelSize
  readonly padding?: Pair; // on both sides, at most half the kernel; default 0
  readonly ceilMode?: boolean; // default false; true: a window may reach beyond the end, if it starts inside
}

/** The windows along one axis. */
export interface Windows {
  readonly size: number; // of the input
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly outputs: number;
}

/** @throws RangeError naming what does not fit */
export function windowsOf(name: string, x: tf.Tensor4D, options: Pool2dOptions): readonly [Windows, Windows] {
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
export const endPadding = ({ size, kernel, stride, padding, outputs }: Windows): number =>
  Math.max(0, (outputs - 1) * stride + kernel - size - padding);

/** x with `value` around it, as far as the windows reach. */
export function padEnds(x: tf.Tensor4D, height: Windows, width: Windows, value: number): tf.Tensor4D {
  const paddings: [number, number][] = [[0, 0], [height.padding, endPadding(height)], [width.padding, endPadding(width)], [0, 0]]; // prettier-ignore
  return paddings.flat().every((size) => size === 0) ? x : tf.pad(x, paddings, value);
}
