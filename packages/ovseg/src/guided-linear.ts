import * as tf from '@tensorflow/tfjs-core';
import { linear, type Linear } from '@rs/nn';
import { addToEachClass } from './each-class.js';

/**
 * layer([x ; guidance]), where several x share a guidance: its part of the product is computed once and added to each,
 *
 *     [x ; guidance] W + b = x W_x + (guidance W_guidance + b)
 *
 * @param x [B R,L,C]
 * @param guidance [B,...,G]: rows of an image, repeated as often as they fit into the image's R L; absent: the layer has C inputs
 * @returns [B R,L,out]
 */
export function guidedLinear(layer: Linear, x: tf.Tensor3D, guidance?: tf.Tensor): tf.Tensor3D {
  if (!guidance) return layer.call(x);
  const channels = x.shape[2];
  const [inputs, outputs] = layer.weight.shape;
  const own = tf.slice2d(layer.weight, [0, 0], [channels, outputs]);
  const shared = tf.slice2d(layer.weight, [channels, 0], [inputs - channels, outputs]);
  return addToEachClass(linear({ x, weight: own }), linear({ x: guidance, weight: shared, bias: layer.bias }));
}
