import * as tf from '@tensorflow/tfjs-core';
import { isNative, rawOp } from '../raw-ops.js';

/** Sum over all axes but the last: [..., C] -> [C]. The gradient of a bias. */
export function columnSum(x: tf.Tensor): tf.Tensor1D {
  if (isNative() && x.rank >= 2) return rawOp('BiasAddGrad', { T: ['type', 'float32'], data_format: ['string', 'NHWC'] }, [x]);
  return tf.sum(x, [...x.shape.keys()].slice(0, -1));
}
