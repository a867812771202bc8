import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, dropoutChannels, resize, torchInit, type Mode, type Random } from '@rs/nn';
import { FrequencyAwareFusion, type FrequencyAwareFusionConfig } from './frequency-aware-fusion.js';
import { Projection } from './projection.js';

type FilterOptions = Pick<FrequencyAwareFusionConfig, 'compressedChannels' | 'lowpassKernel' | 'highpassKernel' | 'padding'>;

export interface FrequencyAwareDecoderOptions extends FilterOptions {
  readonly decoderChannels?: number; // default 64
  readonly dropout?: number; // probability of dropping a channel before the classifier, in training; default 0.1
  readonly upsampling?: 'frequency' | 'bilinear'; // bilinear is the control without predicted filters; default frequency
}

export interface FrequencyAwareDecoderConfig extends FrequencyAwareDecoderOptions {
  readonly channels: readonly number[]; // of the stages, fine to coarse
  readonly numClasses: number;
}

/**
 * Decoder that goes from the coarsest stage to the finest, with FrequencyAwareFusion (Chen et al. 2024) at each step and a learned weighted sum of
 * the two maps (UNetFormer's, Wang et al. 2022):
 *
 *     (hf, up) = fuse(lateral(stage), y),  y = relu(bn(conv3x3(w_0 hf + w_1 up))),  w = relu(weights) / (sum relu(weights) + 1e-8)
 *
 * then convolution, dropout of channels, classifier and bilinear resize to four times the finest stage.
 */
export class FrequencyAwareDecoder {
  readonly lateral: readonly Projection[]; // one a stage
  readonly fuse?: readonly FrequencyAwareFusion[]; // 0 joins the two coarsest
  readonly weights: readonly tf.Variable<tf.Rank.R1>[]; // [2] each
  readonly post: readonly Projection[];
  readonly head: Projection;
  readonly classifier: Conv2d;
  readonly #dropout: number;

  /** @throws RangeError when dropout is not in [0, 1) or a kernel is not odd */
  constructor(config: FrequencyAwareDecoderConfig, random: Random) {
    const { channels, numClasses, decoderChannels = 64, dropout = 0.1, upsampling = 'frequency', ...filters } = config;
    if (!(dropout >= 0 && dropout < 1)) throw new RangeError(`FrequencyAwareDecoder: dropout must be in [0, 1), got ${dropout}`);
    const init = torchInit(random);
    const steps = Array.from({ length: channels.length - 1 });
    const conv = (): Projection => new Projection({ inChannels: decoderChannels, outChannels: decoderChannels, kernelSize: 3 }, init);
    this.#dropout = dropout;
    this.lateral = channels.map((inChannels) => new Projection({ inChannels, outChannels: decoderChannels, kernelSize: 1 }, init));
    if (upsampling === 'frequency') {
      this.fuse = steps.map(
        () => new FrequencyAwareFusion({ hrChannels: decoderChannels, lrChannels: decoderChannels, ...filters }, random),
      );
    }
    this.weights = steps.map(() => tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([2]))));
    this.post = steps.map(conv);
    this.head = conv();
    this.classifier = new Conv2d({ inChannels: decoderChannels, outChannels: numClasses, kernelSize: 1 }, init);
  }

  /**
   * stages fine to coarse, [N,H/4,W/4,channels[0]] and half as large each next -> logits [N,H,W,numClasses]
   *
   * @throws RangeError when the stages are not as many, as wide or as large as they should be
   */
  call(stages: readonly tf.Tensor4D[], mode: Mode): tf.Tensor4D {
    this.#assertStages(stages);
    const [, height, width] = stages[0].shape;
    return tf.tidy(() => {
      const [coarsest, ...finer] = stages.map((stage, i) => this.lateral[i].call(stage, mode)).reverse();
      const y = finer.reduce((x, lateral, k) => {
        const { hr, lrUp } = this.fuse ? this.fuse[k].call(lateral, x) : { hr: lateral, lrUp: doubled(x) };
        return tf.relu(this.post[k].call(weightedSum(hr, lrUp, this.weights[k]), mode));
      }, coarsest);
      const features = dropoutChannels(tf.relu(this.head.call(y, mode)), { rate: this.#dropout, mode });
      return resize(this.classifier.call(features), { size: [4 * height, 4 * width], mode: 'bilinear' });
    });
  }

  #assertStages(stages: readonly tf.Tensor4D[]): void {
    if (stages.length !== this.lateral.length) {
      throw new RangeError(`FrequencyAwareDecoder: stages must be ${this.lateral.length} maps, got ${stages.length}`);
    }
    const [batch, height, width] = stages[0].shape;
    stages.forEach((stage, i) => {
      const shape = [batch, height / 2 ** i, width / 2 ** i, this.lateral[i].conv.weight.shape[2]];
      assertShape(`FrequencyAwareDecoder: stages[${i}]`, stage, shape);
    });
  }
}

const doubled = (x: tf.Tensor4D): tf.Tensor4D => resize(x, { size: [2 * x.shape[1], 2 * x.shape[2]], mode: 'bilinear' });

function weightedSum(hr: tf.Tensor4D, lrUp: tf.Tensor4D, weights: tf.Tensor1D): tf.Tensor4D {
  const positive = tf.relu(weights);
  const [first, second] = tf.split(tf.div(positive, tf.add(tf.sum(positive), 1e-8)), 2);
  return tf.add(tf.mul(hr, first), tf.mul(lrUp, second));
}
