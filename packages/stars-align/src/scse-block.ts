import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, Linear, type Init } from '@rs/nn';

export interface ScseBlockConfig {
  readonly channels: number;
  readonly reduction?: number; // the hidden width is max(1, floor(channels / reduction)); default 16
}

/**
 * Concurrent spatial and channel squeeze-and-excitation, Roy et al. 2018; STARS, figure 4 (the sum of the two, not the maximum):
 *
 *     y = x sigmoid(fc2(relu(fc1(mean_hw(x))))) + x sigmoid(conv1x1(x))
 */
export class ScseBlock {
  readonly cse: { readonly fc1: Linear; readonly fc2: Linear };
  readonly sse: { readonly conv: Conv2d };

  constructor({ channels, reduction = 16 }: ScseBlockConfig, init: Init) {
    const hidden = Math.max(1, Math.floor(channels / reduction));
    this.cse = {
      fc1: new Linear({ inFeatures: channels, outFeatures: hidden }, init),
      fc2: new Linear({ inFeatures: hidden, outFeatures: channels }, init),
    };
    this.sse = { conv: new Conv2d({ inChannels: channels, outChannels: 1, kernelSize: 1 }, init) };
  }

  /** [N,H,W,C] -> [N,H,W,C] */
  call(x: tf.Tensor4D): tf.Tensor4D {
    const channels = this.cse.fc1.weight.shape[0];
    assertShape('ScseBlock: x', x, [null, null, null, channels]);
    return tf.tidy(() => {
      const pooled = tf.mean<tf.Tensor2D>(x, [1, 2]); // [N,C]
      const ofChannel = tf.sigmoid(this.cse.fc2.call(tf.relu(this.cse.fc1.call(pooled)))); // [N,C]
      const ofPixel = tf.sigmoid(this.sse.conv.call(x)); // [N,H,W,1]
      return tf.mul(x, tf.add(tf.reshape(ofChannel, [-1, 1, 1, channels]), ofPixel));
    });
  }
}
