import * as tf from '@tensorflow/tfjs-core';

/**
 * x + d sigmoid(layer(d)): x takes of the difference d to other features what its gate lets through, as the fusions of GLF-CR (Xu et al. 2022),
 * CloudSeg and EDC hand back what they fused.
 *
 * @param x [N,H,W,C]
 * @param difference d [N,H,W,C]
 * @param layer makes the gate's scores, [N,H,W,C] -> [N,H,W,C]
 */
export function residualGate(x: tf.Tensor4D, difference: tf.Tensor4D, layer: { call(x: tf.Tensor4D): tf.Tensor4D }): tf.Tensor4D {
  return tf.tidy(() => tf.add(x, tf.mul(difference, tf.sigmoid(layer.call(difference)))));
}
