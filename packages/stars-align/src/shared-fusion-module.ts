import * as tf from '@tensorflow/tfjs-core';
import { assertShape, BatchNorm2d, Conv2d, type Init, type Mode } from '@rs/nn';
import { ScseBlock } from './scse-block.js';

export interface FusionModuleConfig {
  readonly channels: number; // C of both inputs
  readonly reduction?: number; // of the SCSE blocks; default 16
  readonly kernelSize?: number; // of the convolution, odd; default 1
}

/**
 * What the third decoder sees: the shared features of both modalities in one map. STARS, section 3.1.2 (the layout is MetaRS's):
 *
 *     F = relu(bn(conv([scse_a(a), scse_b(b)]))),    y = scse_out(F)
 */
export class SharedFusionModule {
  readonly scseA: ScseBlock;
  readonly scseB: ScseBlock;
  readonly fuse: { readonly conv: Conv2d; readonly bn: BatchNorm2d };
  readonly scseOut: ScseBlock;
  readonly #channels: number;

  constructor({ channels, reduction, kernelSize = 1 }: FusionModuleConfig, init: Init) {
    if (kernelSize % 2 !== 1) throw new RangeError(`SharedFusionModule: kernelSize must be odd, got ${kernelSize}`);
    const padding = (kernelSize - 1) / 2;
    this.#channels = channels;
    this.scseA = new ScseBlock({ channels, reduction }, init);
    this.scseB = new ScseBlock({ channels, reduction }, init);
    this.fuse = {
      conv: new Conv2d({ inChannels: 2 * channels, outChannels: channels, kernelSize, padding, bias: false }, init),
      bn: new BatchNorm2d({ channels }),
    };
    this.scseOut = new ScseBlock({ channels, reduction }, init);
  }

  /** a and b [N,H,W,C] -> [N,H,W,C] */
  call(a: tf.Tensor4D, b: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    assertShape('SharedFusionModule: a', a, [null, null, null, this.#channels]);
    assertShape('SharedFusionModule: b', b, a.shape);
    return tf.tidy(() => {
      const both = tf.concat([this.scseA.call(a), this.scseB.call(b)], -1);
      return this.scseOut.call(tf.relu(this.fuse.bn.call(this.fuse.conv.call(both), mode)));
    });
  }
}
