import * as tf from '@tensorflow/tfjs-core';
import { convolutionAxes, inputTaps, spreadOutputGradient, type ConvolutionAttributes } from './geometry.js';

/**
 * Gradient of conv2d by its filter: dW[a,b] = sum over pixels of x_ab^T dy, one matrix product a tap, where x_ab is what tap
 * (a,b) sees. The gradient dy [N,oh,ow,M] is transposed once, because products of untransposed matrices are the fast ones.
 *
 * @returns [kh,kw,C,M]
 */
export function conv2dFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: [number, number, number, number],
  attributes: ConvolutionAttributes,
): tf.Tensor4D {
  const axes = convolutionAxes(x.shape, filterShape, attributes, false);
  const [, , channels, outChannels] = filterShape;
  const pixels = dy.size / outChannels; // P = N * oh * ow
  const dyTransposed = tf.transpose(tf.reshape(dy, [pixels, outChannels])); // [M,P]
  const perTap = inputTaps(x, axes).map((tap) => tf.matMul(dyTransposed, tf.reshape(tap, [pixels, channels]))); // [M,C]
  return tf.reshape(tf.transpose(tf.stack(perTap), [0, 2, 1]), filterShape);
}

/**
 * Gradient of conv2d by its input: the spread output gradient convolved with the mirrored filter, channels exchanged.
 * Replaces the kernel of tfjs-backend-wasm, which takes ten times as long.
 *
 * @returns [N,H,W,C]
 */
export function conv2dInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  inputShape: [number, number, number, number],
  attributes: ConvolutionAttributes,
): tf.Tensor4D {
  const axes = convolutionAxes(inputShape, filter.shape, attributes, false);
  const mirrored = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]); // [kh,kw,M,C]
  return tf.conv2d(spreadOutputGradient(dy, axes), mirrored, 1, 'valid');
}
