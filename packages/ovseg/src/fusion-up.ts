import * as tf from '@tensorflow/tfjs-core';
import { assertShape, ConvTranspose2d, type Init } from '@rs/nn';
import { DoubleConv } from './double-conv.js';

export interface FusionUpConfig {
  readonly inChannels: number; // C
  readonly outChannels: number; // a multiple of 16
  readonly clipGuidanceChannels: number; // 0: none
  readonly dinoGuidanceChannels: number; // 0: none
}

export interface FusionUpInputs {
  readonly x: tf.Tensor4D; // [B T,H,W,C]
  readonly clip?: tf.Tensor4D; // [B,2H,2W,clipGuidanceChannels]
  readonly dino?: tf.Tensor4D; // [B,2H,2W,dinoGuidanceChannels]
}

/** Twice the size, then two convolutions that see the CLIP and DINO maps of that size beside each class: the released MM-OVSeg's decoder. */
export class FusionUp {
  readonly up: ConvTranspose2d;
  readonly conv: DoubleConv;
  readonly #config: FusionUpConfig;

  constructor(config: FusionUpConfig, init: Init) {
    const { inChannels, outChannels, clipGuidanceChannels, dinoGuidanceChannels } = config;
    if (clipGuidanceChannels >= inChannels) {
      throw new RangeError(`FusionUp: clipGuidanceChannels must be below inChannels (${inChannels}), got ${clipGuidanceChannels}`);
    }
    this.#config = config;
    this.up = new ConvTranspose2d({ inChannels, outChannels: inChannels - clipGuidanceChannels, kernelSize: 2, stride: 2 }, init);
    this.conv = new DoubleConv({ inChannels: inChannels + dinoGuidanceChannels, outChannels }, init);
  }

  /** [B T,H,W,C] -> [B T,2H,2W,outChannels] */
  call({ x, clip, dino }: FusionUpInputs): tf.Tensor4D {
    const { clipGuidanceChannels, dinoGuidanceChannels } = this.#config;
    const [, height, width] = x.shape;
    const guidances = [
      ['clip', clip, clipGuidanceChannels],
      ['dino', dino, dinoGuidanceChannels],
    ] as const;
    for (const [name, guidance, channels] of guidances) {
      if (channels > 0 !== (guidance !== undefined))
        throw new Error(`FusionUp: ${name} must be ${channels > 0 ? `given, ${channels} channels` : 'absent'}`);
      if (guidance) assertShape(`FusionUp: ${name}`, guidance, [null, 2 * height, 2 * width, channels]);
    }
    return tf.tidy(() => {
      const given = guidances.flatMap(([, guidance]) => (guidance ? [guidance] : []));
      return this.conv.call(this.up.call(x), given.length > 0 ? tf.concat(given, -1) : undefined);
    });
  }
}
