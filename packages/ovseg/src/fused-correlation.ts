import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, type Init } from '@rs/nn';

/** A convolution 7x7 that keeps the size: what a correlation map becomes a volume by. */
export const correlationConv = (inChannels: number, outChannels: number, init: Init): Conv2d =>
  new Conv2d({ inChannels, outChannels, kernelSize: 7, padding: 3 }, init);

/** Layers of a fusion: of CLIP's correlations, of DINO's, of both. */
export interface CorrelationFusion {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly fusionCorr: Conv2d;
}

/**
 * Dual-encoder fusion, MM-OVSeg, section 3.3, as released: with h_g and h_d the volumes of CLIP's and DINO's correlations,
 *
 *     h_g = sigmoid(conv1(clip)),   h_d = sigmoid(conv2(dense)),   fused = sigmoid(fusionCorr([h_g ; h_d])) + h_g
 *
 * @param clip [N,H,W,P], N classes of all images
 * @param dense [N,H,W,P]
 * @param residual false leaves h_g out of the sum, as an ablation
 * @returns [N,H,W,hidden]
 */
export function fuseCorrelations(
  { conv1, conv2, fusionCorr }: CorrelationFusion,
  clip: tf.Tensor4D,
  dense: tf.Tensor4D,
  residual = true,
): tf.Tensor4D {
  const global = tf.sigmoid(conv1.call(clip));
  const local = tf.sigmoid(conv2.call(dense));
  const both = tf.sigmoid(fusionCorr.call(tf.concat([global, local], -1)));
  return residual ? tf.add(both, global) : both;
}
