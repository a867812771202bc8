import * as tf from '@tensorflow/tfjs-core';
import type { Init } from '@rs/nn';
import { ClipTextEncoder, type ClipTextEncoderConfig } from './clip-text-encoder.js';
import { ClipVisionEncoder, type ClipVisionEncoderConfig } from './clip-vision-encoder.js';

export interface ClipConfig {
  readonly vision: ClipVisionEncoderConfig;
  readonly text: ClipTextEncoderConfig;
}

/** CLIP, Radford et al. 2021. As in its checkpoints, the text tower is the root and the image tower `visual`: `call` embeds texts. */
export class Clip extends ClipTextEncoder {
  readonly visual: ClipVisionEncoder;
  readonly logitScale: tf.Variable<tf.Rank.R0>; // of CLIP's own training, unused here

  constructor({ vision, text }: ClipConfig, init: Init) {
    super(text, init);
    this.visual = new ClipVisionEncoder(vision, init);
    this.logitScale = tf.tidy(() => tf.variable(tf.scalar(Math.log(1 / 0.07))));
  }
}
