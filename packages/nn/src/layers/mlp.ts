import * as tf from '@tensorflow/tfjs-core';
import type { Init } from '../init.js';
import { gelu } from '../ops/gelu.js';
import { Linear } from './linear.js';

export interface MlpConfig {
  readonly dim: number;
  readonly hidden: number;
}

/** fc2(gelu(fc1(x))) on the last axis. */
export class Mlp {
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor({ dim, hidden }: MlpConfig, init: Init) {
    this.fc1 = new Linear({ inFeatures: dim, outFeatures: hidden }, init);
    this.fc2 = new Linear({ inFeatures: hidden, outFeatures: dim }, init);
  }

  /** [...,dim] -> [...,dim] */
  call<T extends tf.Tensor>(x: T): T {
    return tf.tidy(() => this.fc2.call(gelu(this.fc1.call(x))));
  }
}
