import * as tf from '@tensorflow/tfjs-core';

export interface Pad2dOptions {
  readonly padding: readonly [left: number, right: number, top: number, bottom: number]; // in PyTorch's order
  readonly mode: 'zero' | 'reflect' | 'replicate'; // zeros, mirrored without the edge, the edge again and again
}

/**
 * PyTorch's pad of an image: [N,H,W,C] -> [N,top + H + bottom,left + W + right,C].
 *
 * @throws RangeError when a size is not a whole number >= 0, or a reflection is as long as the image
 */
export function pad2d(x: tf.Tensor4D, { padding, mode }: Pad2dOptions): tf.Tensor4D {
  const [left, right, top, bottom] = padding;
  if (!padding.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new RangeError(`pad2d: padding must be four whole numbers >= 0, got [${padding}]`);
  }
  const [, h, w] = x.shape;
  if (mode === 'reflect' && (Math.max(top, bottom) >= h || Math.max(left, right) >= w)) {
    throw new RangeError(`pad2d: to reflect, padding must be smaller than x, got [${padding}] for shape [${x.shape}]`);
  }
  return tf.tidy(() => {
    if (padding.every((size) => size === 0)) return tf.clone(x);
    if (mode === 'zero') return tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
    const extend = mode === 'reflect' ? reflect : replicate;
    return extend(extend(x, 1, top, bottom), 2, left, right);
  });
}

type Axis = 1 | 2;

/** Put together from slices: the gradient that tfjs has for mirrorPad loses the mirrored parts. */
function reflect(x: tf.Tensor4D, axis: Axis, before: number, after: number): tf.Tensor4D {
  const size = x.shape[axis];
  const start = before > 0 ? [tf.reverse(part(x, axis, 1, before), axis)] : [];
  const end = after > 0 ? [tf.reverse(part(x, axis, size - 1 - after, after), axis)] : [];
  return tf.concat([...start, x, ...end], axis);
}

function replicate(x: tf.Tensor4D, axis: Axis, before: number, after: number): tf.Tensor4D {
  const repeated = (index: number, count: number): tf.Tensor4D[] => {
    const times = [1, 1, 1, 1];
    times[axis] = count;
    return count > 0 ? [tf.tile(part(x, axis, index, 1), times)] : [];
  };
  return tf.concat([...repeated(0, before), x, ...repeated(x.shape[axis] - 1, after)], axis);
}

function part(x: tf.Tensor4D, axis: Axis, start: number, count: number): tf.Tensor4D {
  const begin: [number, number, number, number] = [0, 0, 0, 0];
  const size: [number, number, number, number] = [...x.shape];
  begin[axis] = start;
  size[axis] = count;
  return tf.slice(x, begin, size);
}
