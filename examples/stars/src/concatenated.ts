import * as tf from '@tensorflow/tfjs-core';
import { kaimingNormalInit, ResNetEncoder, ResNetStem, type Mode, type Random } from '@rs/nn';
import { FpnDecoder } from '@rs/stars-align';
import type { NetworkSizes } from './single-sensor.js';

/** Baseline (Concat): a stem and an encoder a sensor, their stages side by side, one decoder; both sensors at test, too. */
export class Concatenated {
  readonly stemM1: ResNetStem;
  readonly stemM2: ResNetStem;
  readonly encoderM1: ResNetEncoder;
  readonly encoderM2: ResNetEncoder;
  readonly decoder: FpnDecoder;

  constructor(
    { m1Channels, m2Channels, ...sizes }: NetworkSizes & { readonly m1Channels: number; readonly m2Channels: number },
    random: Random,
  ) {
    const init = kaimingNormalInit(random);
    const { block, layers, width } = sizes;
    const encoder = (): ResNetEncoder => new ResNetEncoder({ block, layers, width, inChannels: width, stem: false }, init);
    this.stemM1 = new ResNetStem({ inChannels: m1Channels, width }, init);
    this.stemM2 = new ResNetStem({ inChannels: m2Channels, width }, init);
    this.encoderM1 = encoder();
    this.encoderM2 = encoder();
    this.decoder = new FpnDecoder({ ...sizes, inChannels: this.encoderM1.channels.map((count) => 2 * count) }, init);
  }

  /** m1 [N,H,W,C1], m2 [N,H,W,C2] -> logits [N,H,W,K] */
  call({ m1, m2 }: { readonly m1: tf.Tensor4D; readonly m2: tf.Tensor4D }, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const features1 = this.encoderM1.call(this.stemM1.call(m1, mode), mode);
      const features2 = this.encoderM2.call(this.stemM2.call(m2, mode), mode);
      return this.decoder.call(
        features1.map((stage, i) => tf.concat([stage, features2[i]], -1)),
        mode,
      );
    });
  }
}
