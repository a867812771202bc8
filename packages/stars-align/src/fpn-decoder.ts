import * as tf from '@tensorflow/tfjs-core';
import { assertShape, BatchNorm2d, Conv2d, resize, type Init, type Mode } from '@rs/nn';

type PerStage<T> = readonly [T, T, T, T];

export interface FpnDecoderConfig {
  readonly inChannels: readonly number[]; // of the four stages, fine to coarse
  readonly numClasses: number; // K
  readonly fpnChannels?: number; // default 256
  readonly decoderChannels?: number; // default 128
  readonly alignCorners?: boolean; // of the bilinear upsampling; default true
}

interface Block {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;
}

/**
 * Feature pyramid, Lin et al. 2017, under a semantic head, Kirillov et al. 2019 (the layout is MetaRS's):
 *
 *     T4 = inner4(x4),  Ti = inneri(xi) + nearest2(T(i+1)),  Li = layeri(Ti)
 *     logits = bilinear4(classifier(mean_i of Li after max(1, i-1) blocks))
 *
 * A block is convolution 3x3, batch norm, ReLU; bilinear x2 follows each block of stages 2 to 4, so that all four end at the size of stage 1.
 */
export class FpnDecoder {
  readonly fpn: Readonly<Record<`${'inner' | 'layer'}${1 | 2 | 3 | 4}`, Conv2d>>;
  readonly blocks: readonly (readonly Block[])[];
  readonly classifier: Conv2d;
  readonly #inChannels: readonly number[];
  readonly #alignCorners: boolean;

  constructor({ inChannels, numClasses, fpnChannels = 256, decoderChannels = 128, alignCorners = true }: FpnDecoderConfig, init: Init) {
    if (inChannels.length !== 4) throw new RangeError(`FpnDecoder: inChannels must be those of 4 stages, got [${inChannels}]`);
    this.#inChannels = inChannels;
    this.#alignCorners = alignCorners;
    const inner = (i: number): Conv2d => new Conv2d({ inChannels: inChannels[i], outChannels: fpnChannels, kernelSize: 1 }, init);
    const layer = (): Conv2d => new Conv2d({ inChannels: fpnChannels, outChannels: fpnChannels, kernelSize: 3, padding: 1 }, init);
    this.fpn = {
      inner1: inner(0),
      inner2: inner(1),
      inner3: inner(2),
      inner4: inner(3),
      layer1: layer(),
      layer2: layer(),
      layer3: layer(),
      layer4: layer(),
    };
    const block = (_: unknown, j: number): Block => {
      const sizes = { inChannels: j === 0 ? fpnChannels : decoderChannels, outChannels: decoderChannels, kernelSize: 3, padding: 1 };
      return { conv: new Conv2d({ ...sizes, bias: false }, init), bn: new BatchNorm2d({ channels: decoderChannels }) };
    };
    this.blocks = [1, 1, 2, 3].map((length) => Array.from({ length }, block));
    this.classifier = new Conv2d({ inChannels: decoderChannels, outChannels: numClasses, kernelSize: 1 }, init);
  }

  /** Four stages [N,H,W,C1], [N,H/2,W/2,C2], ... -> logits [N,4H,4W,K] */
  call(stages: readonly tf.Tensor4D[], mode: Mode): tf.Tensor4D {
    if (stages.length !== 4) throw new RangeError(`FpnDecoder: stages must be 4 maps, got ${stages.length}`);
    const [n, h, w] = stages[0].shape;
    for (const [i, channels] of this.#inChannels.entries()) {
      assertShape(`FpnDecoder: stages[${i}]`, stages[i], [n, h / 2 ** i, w / 2 ** i, channels]);
    }
    return tf.tidy(() => {
      const maps = this.pyramid(stages).map((features, i) => this.refined(features, this.blocks[i], i > 0, mode));
      const mean = tf.mul<tf.Tensor4D>(tf.addN(maps), 1 / maps.length); // [N,H,W,D]
      return this.upsampled(this.classifier.call(mean), 4);
    });
  }

  /** L1..L4, each of its stage's size. */
  private pyramid([x1, x2, x3, x4]: readonly tf.Tensor4D[]): PerStage<tf.Tensor4D> {
    const { inner1, inner2, inner3, inner4, layer1, layer2, layer3, layer4 } = this.fpn;
    const t4 = inner4.call(x4);
    const t3 = added(inner3.call(x3), t4);
    const t2 = added(inner2.call(x2), t3);
    const t1 = added(inner1.call(x1), t2);
    return [layer1.call(t1), layer2.call(t2), layer3.call(t3), layer4.call(t4)];
  }

  private refined(features: tf.Tensor4D, blocks: readonly Block[], upsample: boolean, mode: Mode): tf.Tensor4D {
    return blocks.reduce((x, { conv, bn }) => {
      const y = tf.relu(bn.call(conv.call(x), mode));
      return upsample ? this.upsampled(y, 2) : y;
    }, features);
  }

  private upsampled(x: tf.Tensor4D, factor: number): tf.Tensor4D {
    return resize(x, { size: [x.shape[1] * factor, x.shape[2] * factor], mode: 'bilinear', alignCorners: this.#alignCorners });
  }
}

/** The lateral map and the coarser one above it. */
const added = (lateral: tf.Tensor4D, above: tf.Tensor4D): tf.Tensor4D =>
  tf.add(lateral, resize(above, { size: [lateral.shape[1], lateral.shape[2]], mode: 'nearest' }));
