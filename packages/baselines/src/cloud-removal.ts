import type * as tf from '@tensorflow/tfjs-core';

export type CloudRemovalOutputs = {
  readonly reconstruction: tf.Tensor4D; // [N,H,W,optChannels] cloud-free image, not clipped
};
