import * as tf from '@tensorflow/tfjs-core';
import { trainingSource, type SampleBatch } from '@rs/experiments';
import { cmuLoss, type CmuLossOptions } from '@rs/losses';
import { withoutGradient } from '@rs/nn';
import { clipPixels, type ClipVisionEncoder, type DinoViT } from '@rs/ovseg';
import type { DataSource, LossTerms } from '@rs/train';
import type { ClearTile, Tiles } from './tiles.js';

/** An encoder's patch tokens at the tapped blocks, [B,N,D] each, of pixels as the encoders take them. */
export type TokenEncoder = (pixels: tf.Tensor4D) => tf.Tensor3D[];

/** DINO's taps without the class token. */
export const dinoTokens =
  (dino: DinoViT): TokenEncoder =>
  (pixels) =>
    dino.call(pixels).map(patchTokens);

/** The residual stream of CLIP's image tower at its tapped blocks (Appendix E), without the class token. */
export const clipTokens =
  (tower: ClipVisionEncoder): TokenEncoder =>
  (pixels) =>
    tower.call(pixels, { dense: true }).taps.map(patchTokens);

export function patchTokens(tokens: tf.Tensor3D): tf.Tensor3D {
  const [batch, length, channels] = tokens.shape;
  return tf.slice3d(tokens, [0, 1, 0], [batch, length - 1, channels]);
}

export type PairBatch = SampleBatch<'optical' | 'sar' | 'label'>;

export interface PairOptions {
  readonly tiles: Tiles<ClearTile>;
  readonly size: number;
  readonly batchSize: number;
  readonly seed: number;
}

/** Clear optical and SAR images of the same places, flipped and turned alike. */
export const pairSource = ({ tiles, size, ...options }: PairOptions): DataSource<PairBatch> =>
  trainingSource<'optical' | 'sar' | 'label'>({ ...tiles, ...options, crop: size, symmetries: true }).source;

/** Cross-modal unification, stage 1: the student learns from SAR what the frozen teacher says of the optical image. */
export function unificationLoss(
  student: TokenEncoder,
  teacher: TokenEncoder,
  { optical, sar }: Pick<PairBatch, 'optical' | 'sar'>,
  options: CmuLossOptions,
): LossTerms {
  const targets = withoutGradient(() => teacher(clipPixels(optical, 1)));
  return { total: cmuLoss(student(clipPixels(sar, 1)), targets, options) };
}
