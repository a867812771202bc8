import * as tf from '@tensorflow/tfjs-core';
import type { Fusion, FusionInputs, StreamFeatures } from './tri-stream-encoder.js';

/** Fusion without parameters, a baseline: cm' = opt + sar (+ cm), and each modality the mean of itself and cm'. */
export class SumFusion implements Fusion {
  call({ opt, sar, cm }: FusionInputs): StreamFeatures {
    return tf.tidy(() => {
      const fused = tf.addN(cm ? [opt, sar, cm] : [opt, sar]);
      return {
        opt: tf.mul<tf.Tensor4D>(tf.add(opt, fused), 0.5),
        sar: tf.mul<tf.Tensor4D>(tf.add(sar, fused), 0.5),
        cm: fused as tf.Tensor4D,
      };
    });
  }
}
