import * as tf from '@tensorflow/tfjs-core';
import type { Init, Mode } from '@rs/nn';
import { assertFeatures, assertResidual, type FusedFeatures, type FusionBlock, type FusionChannels } from './fusion-block.js';
import { Projection } from './projection.js';

/** Conventional fusion, the baseline A: f1 + bn(conv1x1([f1; f2])). */
export class ConcatFusionBlock implements FusionBlock {
  readonly out: Projection;
  readonly #channels: readonly [number, number];
  readonly #residual: boolean;

  /** @throws RangeError when there is a residual and outChannels is not channels1 */
  constructor({ channels1, channels2, outChannels = channels1, residual = true }: FusionChannels, init: Init) {
    assertResidual('ConcatFusionBlock', residual, channels1, outChannels);
    this.#channels = [channels1, channels2];
    this.#residual = residual;
    this.out = new Projection({ inChannels: channels1 + channels2, outChannels, kernelSize: 1 }, init);
  }

  /** f1 [N,H,W,channels1], f2 [N,H,W,channels2] -> fused [N,H,W,outChannels], alignLoss 0 */
  call(f1: tf.Tensor4D, f2: tf.Tensor4D, mode: Mode): FusedFeatures {
    assertFeatures('ConcatFusionBlock', f1, f2, this.#channels);
    return tf.tidy(() => {
      const joined = this.out.call(tf.concat([f1, f2], -1), mode);
      return { fused: this.#residual ? tf.add<tf.Tensor4D>(f1, joined) : joined, alignLoss: tf.scalar(0) };
    });
  }
}
