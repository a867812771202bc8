import * as tf from '@tensorflow/tfjs-core';
import { Linear, maxPool2d, type Conv2d, type Init, type Mode } from '@rs/nn';
import type { CloudRemovalOutputs } from './cloud-removal.js';
import { assertOpticalSar, type OpticalSar, type OpticalSarChannels } from './optical-sar.js';
import { paddedConv } from './padded-conv.js';

export interface Hs2pConfig extends OpticalSarChannels {
  readonly features?: number; // channels throughout; default 256
  readonly groups?: number; // residual groups, each with a prediction; default 4
  readonly blocks?: number; // residual blocks of a group; default 4
}

export type Hs2pOutputs = CloudRemovalOutputs & {
  readonly intermediate: tf.Tensor4D[]; // predictions of the groups before the last, [N,H,W,optChannels], for a loss at every level
};

/**
 * HS2P, Li et al. 2023 (Information Fusion 94), as its public code has it (weifanyi515/HS2P): SAR and optical bands joined by one convolution, then
 * groups of residual blocks with channel attention, a prediction after each group. The public code's loss compares all levels and their image
 * gradients. Table IV of EDC does not count it; here 21.3069 M parameters with 4 optical and 2 SAR bands.
 */
export class HS2P {
  readonly fusion: { readonly conv: Conv2d; readonly attention: ChannelAttention };
  readonly groups: readonly ResidualGroup[];
  readonly heads: readonly Conv2d[];
  readonly #channels: Required<OpticalSarChannels>;

  constructor({ optChannels = 4, sarChannels = 2, features = 256, groups = 4, blocks = 4 }: Hs2pConfig, init: Init) {
    this.#channels = { optChannels, sarChannels };
    this.fusion = { conv: conv3x3(optChannels + sarChannels, features, init), attention: new ChannelAttention(features, init) };
    this.groups = Array.from({ length: groups }, () => new ResidualGroup(features, blocks, init));
    this.heads = this.groups.map(() => conv3x3(features, optChannels, init));
  }

  /** @throws RangeError when optical and sar do not have one size, or not the channels they were configured with */
  call(images: OpticalSar, _mode: Mode): Hs2pOutputs {
    assertOpticalSar('HS2P', images, this.#channels);
    return tf.tidy(() => {
      let features = this.fusion.attention.call(tf.relu(this.fusion.conv.call(tf.concat([images.optical, images.sar], -1))));
      const predictions = this.groups.map((group, i) => {
        features = group.call(features);
        return this.heads[i].call(features);
      });
      return { reconstruction: predictions[predictions.length - 1], intermediate: predictions.slice(0, -1) };
    });
  }
}

const conv3x3 = (inChannels: number, outChannels: number, init: Init): Conv2d => paddedConv({ inChannels, outChannels }, init);

class ResidualGroup {
  readonly blocks: readonly ResidualBlock[];
  readonly conv: Conv2d;

  constructor(features: number, blocks: number, init: Init) {
    this.blocks = Array.from({ length: blocks }, () => new ResidualBlock(features, init));
    this.conv = conv3x3(features, features, init);
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => tf.add(x, this.conv.call(this.blocks.reduce((features, block) => block.call(features), x))));
  }
}

class ResidualBlock {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly attention: ChannelAttention;

  constructor(features: number, init: Init) {
    [this.conv1, this.conv2] = [conv3x3(features, features, init), conv3x3(features, features, init)];
    this.attention = new ChannelAttention(features, init);
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    return tf.add(x, this.attention.call(this.conv2.call(tf.relu(this.conv1.call(x)))));
  }
}

/** Channel weights from mean and maximum through one shared bottleneck, Woo et al. 2018, eq. (2); a hidden unit for every 256 channels. */
class ChannelAttention {
  readonly layerOne: Linear;
  readonly layerTwo: Linear;

  constructor(features: number, init: Init) {
    const hidden = Math.max(1, Math.floor(features / 256));
    this.layerOne = new Linear({ inFeatures: features, outFeatures: hidden }, init);
    this.layerTwo = new Linear({ inFeatures: hidden, outFeatures: features }, init);
  }

  call(x: tf.Tensor4D): tf.Tensor4D {
    const [, h, w] = x.shape;
    const squeezed = (pooled: tf.Tensor4D): tf.Tensor4D => this.layerTwo.call(tf.relu(this.layerOne.call(pooled)));
    const score = tf.add(squeezed(tf.mean(x, [1, 2], true)), squeezed(maxPool2d(x, { kernelSize: [h, w] })));
    return tf.mul(x, tf.clipByValue(tf.add(tf.mul(score, 0.2), 0.5), 0, 1)); // Keras' hard sigmoid
  }
}
