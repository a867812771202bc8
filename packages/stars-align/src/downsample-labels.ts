import * as tf from '@tensorflow/tfjs-core';

/**
 * Labels on the coarser grid of a feature map: nearest neighbour, source index floor(i * in / out), which is every stride-th label where the
 * stride divides (STARS, section 3.3).
 *
 * @param labels [N,H,W] int32
 * @returns [N,height,width] int32
 */
export function downsampleLabels(labels: tf.Tensor3D, { height, width }: { readonly height: number; readonly width: number }): tf.Tensor3D {
  return tf.tidy(() => tf.gather(tf.gather(labels, sources(labels.shape[1], height), 1), sources(labels.shape[2], width), 2));
}

const sources = (from: number, to: number): tf.Tensor1D =>
  tf.tensor1d(
    Int32Array.from({ length: to }, (_, i) => Math.floor((i * from) / to)),
    'int32',
  );
