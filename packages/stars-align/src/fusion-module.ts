import * as tf from '@tensorflow/tfjs-core';
import { assertShape, type BatchNorm2d, type Conv2d, type Init, type Mode } from '@rs/nn';
import type { ScseBlock } from './scse-block.js';
import { SharedFusionModule, type FusionModuleConfig } from './shared-fusion-module.js';

/**
 * A modality's specific features with the shared ones, STARS, section 3.1.1 and figure 3:
 *
 *     y = [specific + scse_out(F), shared],    F = relu(bn(conv([scse_a(specific), scse_b(shared)])))
 */
export class FusionModule {
  readonly scseA: ScseBlock;
  readonly scseB: ScseBlock;
  readonly fuse: { readonly conv: Conv2d; readonly bn: BatchNorm2d };
  readonly scseOut: ScseBlock;
  readonly #fusion: SharedFusionModule;
  readonly #channels: number;

  constructor(config: FusionModuleConfig, init: Init) {
    this.#channels = config.channels;
    this.#fusion = new SharedFusionModule(config, init);
    ({ scseA: this.scseA, scseB: this.scseB, fuse: this.fuse, scseOut: this.scseOut } = this.#fusion);
  }

  /** specific and shared [N,H,W,C] -> [N,H,W,2C] */
  call(specific: tf.Tensor4D, shared: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    assertShape('FusionModule: specific', specific, [null, null, null, this.#channels]);
    assertShape('FusionModule: shared', shared, specific.shape);
    return tf.tidy(() => tf.concat([tf.add(specific, this.#fusion.call(specific, shared, mode)), shared], -1));
  }
}
