import * as tf from '@tensorflow/tfjs-core';
import { kaimingNormalInit, ResNetEncoder, ResNetStem, type Mode, type Random, type ResNetConfig } from '@rs/nn';
import { FpnDecoder } from '@rs/stars-align';

/** The sizes that all rows of a table share. */
export interface NetworkSizes {
  readonly numClasses: number;
  readonly block: ResNetConfig['block'];
  readonly layers: readonly number[];
  readonly width: number;
  readonly fpnChannels: number;
  readonly decoderChannels: number;
}

/** Baseline-SAR, -OPT, -RGB and -DSM: one stem, one encoder, one decoder on one sensor ("without cross-modality guidance", section 4.2). */
export class SingleSensor {
  readonly stem: ResNetStem;
  readonly encoder: ResNetEncoder;
  readonly decoder: FpnDecoder;

  constructor({ inChannels, ...sizes }: NetworkSizes & { readonly inChannels: number }, random: Random) {
    const init = kaimingNormalInit(random);
    const { block, layers, width } = sizes;
    this.stem = new ResNetStem({ inChannels, width }, init);
    this.encoder = new ResNetEncoder({ block, layers, width, inChannels: width, stem: false }, init);
    this.decoder = new FpnDecoder({ ...sizes, inChannels: this.encoder.channels }, init);
  }

  /** [N,H,W,C] -> logits [N,H,W,K] */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => this.decoder.call(this.encoder.call(this.stem.call(x, mode), mode), mode));
  }
}
