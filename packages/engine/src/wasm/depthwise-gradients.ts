import * as tf from '@tensorflow/tfjs-core';
import { convolutionAxes, inputTaps, spreadOutputGradient, type ConvolutionAttributes } from './geometry.js';

/**
 * Gradient of depthwiseConv2d by its filter: dW[a,b,c,m] = sum over pixels of x_ab[.,c] dy[.,c,m]. The sum over pixels is a
 * product with a row of ones, which is faster here than a reduction over the first axis.
 *
 * @returns [kh,kw,C,m], m the channel multiplier
 */
export function depthwiseFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: [number, number, number, number],
  attributes: ConvolutionAttributes,
): tf.Tensor4D {
  const axes = convolutionAxes(x.shape, filterShape, attributes, true);
  const [, , channels, multiplier] = filterShape;
  const pixels = dy.size / (channels * multiplier); // P = N * oh * ow
  const dyPerChannel = tf.reshape(dy, [pixels, channels, multiplier]);
  const ones = tf.ones([1, pixels]);
  const perTap = inputTaps(x, axes).map((tap) => {
    const products = tf.mul(tf.reshape(tap, [pixels, channels, 1]), dyPerChannel); // [P,C,m]
    return tf.matMul(ones, tf.reshape(products, [pixels, channels * multiplier])); // [1,C*m]
  });
  return tf.reshape(tf.concat(perTap), filterShape);
}

/**
 * Gradient of depthwiseConv2d by its input: for each of the m filters of a channel, the spread output gradient convolved with
 * the mirrored filter; the sum over them.
 *
 * @returns [N,H,W,C]
 */
export function depthwiseInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  inputShape: [number, number, number, number],
  attributes: ConvolutionAttributes,
): tf.Tensor4D {
  const axes = convolutionAxes(inputShape, filter.shape, attributes, true);
  const dilations: [number, number] = [axes[0].dilation, axes[1].dilation];
  const [n, oh, ow] = dy.shape;
  const [, , channels, multiplier] = filter.shape;
  const mirrored = tf.reverse(filter, [0, 1]);
  const perFilter = tf.split<tf.Tensor4D>(mirrored, multiplier, 3).map((single, m) => {
    const slice = tf.slice(tf.reshape(dy, [n, oh, ow, channels, multiplier]), [0, 0, 0, 0, m], [-1, -1, -1, -1, 1]);
    const spread = spreadOutputGradient(tf.reshape(slice, [n, oh, ow, channels]), axes);
    return tf.depthwiseConv2d(spread, single, 1, 'valid', 'NHWC', dilations);
  });
  return perFilter.length === 1 ? perFilter[0] : tf.addN(perFilter);
}
