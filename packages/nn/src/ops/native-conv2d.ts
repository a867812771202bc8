import * as tf from '@tensorflow/tfjs-core';
import { rawOp, supports, type Attributes } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';
import type { Conv2dGeometry } from './conv2d.js';

/** Whether TensorFlow's convolution knows groups and dilation together, gradients included: with oneDNN or on a GPU it does. */
export function hasNativeConv2d({ dilation, groups }: Conv2dGeometry): boolean {
  if (groups === 1 && dilation.join() === '1,1') return true;
  return supports('Conv2D in groups, dilated', () => {
    const attributes = conv2dAttributes([1, 1], [2, 2], { scheme: 'VALID' });
    const x = tf.ones([1, 3, 3, 4]);
    const filter = tf.ones([2, 2, 2, 4]);
    const y = rawOp('Conv2D', attributes, [x, filter]);
    rawOp('Conv2DBackpropInput', attributes, [sizes(x), filter, y]).dataSync();
    rawOp('Conv2DBackpropFilter', attributes, [x, sizes(filter), y]).dataSync();
  });
}

/**
 * TensorFlow's own convolution and gradients, where tfjs refuses them (dilation), splits (groups) or pads first. Its depthwise op
 * is not used: its gradients are wrong when dilated, and as a convolution in groups it is as fast.
 */
export function nativeConv2d(x: tf.Tensor4D, filter: tf.Tensor4D, geometry: Conv2dGeometry): tf.Tensor4D {
  const { stride, padding, dilation } = geometry;
  const pads = paddingOf(filter, geometry);
  const [height, width] = padding;
  const padded = pads.scheme === 'VALID' && height + width > 0 ? tf.pad(x, [[0, 0], [height, height], [width, width], [0, 0]]) : x; // prettier-ignore
  const attributes = conv2dAttributes(stride, dilation, pads);
  return withGradient({
    inputs: { x: padded as tf.Tensor, filter: filter as tf.Tensor },
    forward: (save) => {
      save([padded, filter]);
      return rawOp('Conv2D', attributes, [padded, filter]);
    },
    backward: (dy, [x, filter]) => ({
      x: () => rawOp('Conv2DBackpropInput', attributes, [sizes(x), filter, dy]),
      filter: () => rawOp('Conv2DBackpropFilter', attributes, [x, sizes(filter), dy]),
    }),
  }) as tf.Tensor4D;
}

interface Padding {
  readonly scheme: 'VALID' | 'SAME' | 'EXPLICIT';
  readonly explicit?: readonly [number, number]; // zeros on both sides
}

/** The cheapest way to TensorFlow's gradients: it refuses EXPLICIT with groups or dilation, and SAME is symmetric only so. */
function paddingOf(filter: tf.Tensor4D, { stride, padding, dilation, groups }: Conv2dGeometry): Padding {
  if (padding.join() === '0,0') return { scheme: 'VALID' };
  const same = [0, 1].every((axis) => stride[axis] === 1 && 2 * padding[axis] === dilation[axis] * (filter.shape[axis] - 1));
  if (same) return { scheme: 'SAME' };
  return groups === 1 && dilation.join() === '1,1' ? { scheme: 'EXPLICIT', explicit: padding } : { scheme: 'VALID' };
}

const conv2dAttributes = (
  stride: readonly [number, number],
  dilation: readonly [number, number],
  { scheme, explicit }: Padding,
): Attributes => ({
  T: ['type', 'float32'],
  strides: ['int', [1, ...stride, 1]],
  dilations: ['int', [1, ...dilation, 1]],
  padding: ['string', scheme],
  data_format: ['string', 'NHWC'],
  ...(explicit ? { explicit_paddings: ['int', [0, 0, explicit[0], explicit[0], explicit[1], explicit[1], 0, 0]] } : {}),
});

const sizes = (x: tf.Tensor): tf.Tensor1D => tf.tensor1d(x.shape, 'int32');
