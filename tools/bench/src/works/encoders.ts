import type * as tf from '@tensorflow/tfjs-core';
import { Dchf } from '@rs/dchf';
import { FasterViT, fasterVitInit, type FasterViTConfig } from '@rs/encoders-hat';
import { Random, torchInit } from '@rs/nn';
import type { Work } from '../cases.js';
import { prepareForward } from './forward.js';
import type { Prepared } from './prepared.js';
import { uniform } from './random-tensors.js';

export function prepareFasterViT({ batch, size, encoder }: Extract<Work, { kind: 'fastervit-forward' }>, eager: boolean): Prepared {
  const network = new FasterViT(encoder as unknown as FasterViTConfig, fasterVitInit(new Random(0)));
  const call = ({ image }: { image?: tf.Tensor }): { logits: tf.Tensor } => ({
    logits: network.call(image as tf.Tensor4D, 'eval').logits as tf.Tensor,
  });
  return prepareForward(network, { image: uniform([batch, size, size, 3], 1) }, call, eager);
}

export function prepareDchf({ batch, size, channels }: Extract<Work, { kind: 'dchf-forward' }>, eager: boolean): Prepared {
  const fusion = new Dchf({ channels }, torchInit(new Random(0)));
  const features = (seed: number): tf.Tensor4D => uniform([batch, size, size, channels], seed);
  const call = (inputs: Readonly<Record<string, tf.Tensor>>): { cm: tf.Tensor; opt: tf.Tensor; sar: tf.Tensor } => {
    const { opt, sar, cm } = fusion.call(inputs as { opt: tf.Tensor4D; sar: tf.Tensor4D; cm: tf.Tensor4D }, 'eval');
    return { cm, opt, sar };
  };
  return prepareForward(fusion, { opt: features(1), sar: features(2), cm: features(3) }, call, eager);
}
