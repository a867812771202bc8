import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, resize, type Init } from '@rs/nn';
import { DoubleConv } from './double-conv.js';
import { classesLast } from './each-class.js';

export interface PaperDecoderConfig {
  readonly hiddenDim?: number; // C of the fused volumes; default 128
  readonly guidanceDims?: readonly [number, number]; // of the CLIP and DINO maps, coarse to fine; default [32,16]
  readonly decoderDims?: readonly [number, number]; // multiples of 16; default [64,32]
}

export interface PaperDecoderInputs {
  readonly fused: readonly [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]; // h_fuse of levels 1, 2, 3: [B T,h,w,C]
  readonly clip: readonly [tf.Tensor4D, tf.Tensor4D]; // [B,2h,2w,G0], [B,4h,4w,G1]
  readonly dino: readonly [tf.Tensor4D, tf.Tensor4D];
}

/**
 * A feature pyramid, Lin et al. 2017, and a linear classifier: this project's reading of MM-OVSeg, section 3.3. From x = h_fuse of level 3,
 *
 *     x = doubleConv([up(x) ; up(h_fuse) ; dino ; clip])   with h_fuse of level 2, then of level 1,   logits = classifier(x)
 */
export class PaperDecoder {
  readonly fpn: readonly DoubleConv[];
  readonly classifier: Conv2d;
  readonly #hiddenDim: number;
  readonly #guidanceDims: readonly [number, number];

  constructor({ hiddenDim = 128, guidanceDims = [32, 16], decoderDims = [64, 32] }: PaperDecoderConfig, init: Init) {
    this.#hiddenDim = hiddenDim;
    this.#guidanceDims = guidanceDims;
    this.fpn = decoderDims.map((outChannels, i) => {
      const below = i === 0 ? hiddenDim : decoderDims[0];
      return new DoubleConv({ inChannels: below + hiddenDim + 2 * guidanceDims[i], outChannels }, init);
    });
    this.classifier = new Conv2d({ inChannels: decoderDims[1], outChannels: 1, kernelSize: 1 }, init);
  }

  /** -> logits [B,4h,4w,T] */
  call({ fused, clip, dino }: PaperDecoderInputs): tf.Tensor4D {
    const [volumes, height, width] = fused[0].shape;
    const [batch] = clip[0].shape;
    fused.forEach((map, i) => assertShape(`PaperDecoder: fused[${i}]`, map, [volumes, height, width, this.#hiddenDim]));
    if (volumes % batch !== 0) {
      throw new RangeError(`PaperDecoder: fused must hold the classes of ${batch} images, got [${fused[0].shape}]`);
    }
    for (const i of [0, 1]) {
      const shape = [batch, 2 ** (i + 1) * height, 2 ** (i + 1) * width, this.#guidanceDims[i]];
      assertShape(`PaperDecoder: clip[${i}]`, clip[i], shape);
      assertShape(`PaperDecoder: dino[${i}]`, dino[i], shape);
    }
    return tf.tidy(() => {
      const [level1, level2, level3] = fused;
      const decoded = this.fpn.reduce((x, conv, k) => {
        const size = [2 ** (k + 1) * height, 2 ** (k + 1) * width] as const;
        const up = (map: tf.Tensor4D): tf.Tensor4D => resize(map, { size, mode: 'bilinear' });
        return conv.call(tf.concat([up(x), up([level2, level1][k])], -1), tf.concat([dino[k], clip[k]], -1));
      }, level3);
      return classesLast(this.classifier.call(decoded), batch);
    });
  }
}
