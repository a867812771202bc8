import * as tf from '@tensorflow/tfjs-core';
import { addBias } from './linear.js';

/** The numbers of a transposed convolution, [height, width] each. */
export interface ConvTranspose2dGeometry {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly outputPadding: readonly [number, number];
}

export interface ConvTranspose2dInputs extends ConvTranspose2dGeometry {
  readonly x: tf.Tensor4D; // [N,H,W,I]
  readonly filter: tf.Tensor4D; // [kH,kW,O,I]
  readonly bias?: tf.Tensor1D; // [O]
}

/** PyTorch's conv_transpose2d: the whole sum of shifted filters, cut by `padding`, with `outputPadding` more at the end. */
export function convTranspose2d({ x, filter, bias, stride, padding, outputPadding }: ConvTranspose2dInputs): tf.Tensor4D {
  return tf.tidy(() => {
    const y = cut(spread(x, filter, stride), padding, outputPadding);
    return bias ? addBias(y, bias) : y;
  });
}

/** [N,H,W,I] -> [N,(H - 1) stride + kH,(W - 1) stride + kW,O] */
function spread(x: tf.Tensor4D, filter: tf.Tensor4D, stride: readonly [number, number]): tf.Tensor4D {
  const [n, h, w] = x.shape;
  const [height, width, outChannels] = filter.shape;
  const size: [number, number, number, number] = [n, (h - 1) * stride[0] + height, (w - 1) * stride[1] + width, outChannels];
  return tf.conv2dTranspose(x, filter, size, [...stride], 'valid');
}

function cut(y: tf.Tensor4D, padding: readonly [number, number], outputPadding: readonly [number, number]): tf.Tensor4D {
  if (padding.join() === '0,0' && outputPadding.join() === '0,0') return y;
  const [n, h, w, channels] = y.shape;
  const beyond = [0, 1].map((axis) => Math.max(0, outputPadding[axis] - padding[axis])); // outputs that no filter reaches
  const whole: tf.Tensor4D = beyond.every((size) => size === 0) ? y : tf.pad(y, [[0, 0], [0, beyond[0]], [0, beyond[1]], [0, 0]]); // prettier-ignore
  const size: [number, number, number, number] = [
    n,
    h - 2 * padding[0] + outputPadding[0],
    w - 2 * padding[1] + outputPadding[1],
    channels,
  ];
  return tf.slice(whole, [0, padding[0], padding[1], 0], size);
}
