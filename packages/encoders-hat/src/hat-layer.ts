import * as tf from '@tensorflow/tfjs-core';
import { assertShape, mergeWindows, partitionWindows, recomputed, type Init, type Mode, type TrainPass } from '@rs/nn';
import { ConvBlock } from './conv-block.js';
import { Downsample } from './downsample.js';
import { HatBlock, type Grid, type HatBlockInputs, type HatBlockOutputs } from './hat-block.js';
import { TokenInitializer } from './token-initializer.js';

export interface HatLayerConfig {
  readonly dim: number; // C
  readonly depth: number; // number of blocks
  readonly inputResolution: readonly [number, number]; // [H, W] of the features: which parameters exist depends on the grid of windows
  readonly numHeads: number;
  readonly windowSize: number;
  readonly ctSize: number; // carrier tokens along the side of a window
  readonly conv: boolean; // convolutional blocks instead of attention
  readonly downsample: boolean;
  readonly mlpRatio?: number; // default 4
  readonly qkvBias?: boolean; // default true
  readonly layerScale?: number | null; // of attention blocks; default null
  readonly layerScaleConv?: number | null; // of convolutional blocks; default null
  readonly onlyLocal?: boolean; // no carrier tokens; default false
  readonly doPropagation?: boolean; // default false
  readonly dropPathRates?: readonly number[]; // one a block; default 0
  readonly recompute?: boolean; // blocks are computed again in the backward pass instead of kept: less memory, more time; default false
}

/** First values: of linear layers, and of convolutions. */
export interface EncoderInit {
  readonly linear: Init;
  readonly conv: Init;
}

/** One stage of FasterViT (its FasterViTLayer): blocks at one size, then, where there is a next stage, the step down to it. */
export class HatLayer {
  readonly blocks: readonly (ConvBlock | HatBlock)[];
  readonly downsample?: Downsample;
  readonly globalTokenizer?: TokenInitializer;
  readonly #config: HatLayerConfig;

  constructor(config: HatLayerConfig, init: EncoderInit) {
    this.#config = config;
    const { dim, depth, inputResolution, windowSize, ctSize, conv, onlyLocal = false } = config;
    const rate = (i: number): number => config.dropPathRates?.[i] ?? 0;
    const srRatio: Grid = onlyLocal ? [1, 1] : gridOf(inputResolution, windowSize);
    this.blocks = Array.from({ length: depth }, (_, i) =>
      conv
        ? new ConvBlock({ dim, layerScale: config.layerScaleConv, dropPathRate: rate(i) }, init.conv)
        : new HatBlock({ ...config, srRatio, last: i === depth - 1, dropPathRate: rate(i) }, init.linear),
    );
    if (config.downsample) this.downsample = new Downsample({ dim }, init.conv);
    if (!conv && !onlyLocal) this.globalTokenizer = new TokenInitializer({ dim, windowSize, ctSize }, init.conv);
  }

  /** [N,H,W,C] -> [N,ceil(H/2),ceil(W/2),2C], or [N,H,W,C] where there is no downsample */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    return tf.tidy(() => {
      const features = this.features(x, mode);
      return this.downsample ? this.downsample.call(features) : features;
    });
  }

  /**
   * The blocks alone: [N,H,W,C] -> [N,H,W,C]. H and W may differ from the configured ones.
   *
   * @throws Error when this grid of windows needs parameters that the configured one does not have (one window, or not square)
   */
  features(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    assertShape('HatLayer: x', x, [null, null, null, this.#config.dim]);
    return tf.tidy(() => {
      if (!this.#config.conv) return this.inWindows(x, mode);
      const { recompute = false } = this.#config;
      return (this.blocks as readonly ConvBlock[]).reduce((features, module) => {
        if (!recompute || mode === 'eval') return module.call(features, mode);
        const [result] = recomputed({ inputs: [features], module, mode, fn: ([given], pass) => [module.call(given, pass)] });
        return result as tf.Tensor4D;
      }, x);
    });
  }

  /** Padding takes part in attention, unmasked: so the published weights were trained. */
  private inWindows(x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
    const { windowSize } = this.#config;
    const [n, height, width, channels] = x.shape;
    const grid = gridOf([height, width], windowSize);
    const [bottom, right] = [grid[0] * windowSize - height, grid[1] * windowSize - width];
    const padded: tf.Tensor4D = bottom + right === 0 ? x : tf.pad(x, [[0, 0], [0, bottom], [0, right], [0, 0]]); // prettier-ignore
    let carrierTokens = grid[0] * grid[1] > 1 ? this.globalTokenizer?.call(padded) : undefined;
    let windows = partitionWindows(padded, windowSize);
    for (const block of this.blocks as readonly HatBlock[]) {
      ({ x: windows, carrierTokens } = this.inBlock(block, { x: windows, carrierTokens, grid }, mode));
    }
    const merged = mergeWindows(windows, grid);
    return bottom + right === 0 ? merged : tf.slice(merged, [0, 0, 0, 0], [n, height, width, channels]);
  }

  private inBlock(module: HatBlock, { x, carrierTokens, grid }: HatBlockInputs, mode: Mode): HatBlockOutputs {
    if (!this.#config.recompute || mode === 'eval') return module.call({ x, carrierTokens, grid }, mode);
    const inputs: tf.Tensor[] = carrierTokens ? [x, carrierTokens] : [x];
    const fn = (given: tf.Tensor[], pass: TrainPass): tf.Tensor[] => {
      const [windows, tokens] = given as tf.Tensor3D[];
      const results = module.call({ x: windows, carrierTokens: tokens, grid }, pass);
      return results.carrierTokens ? [results.x, results.carrierTokens] : [results.x];
    };
    const [windows, tokens] = recomputed({ inputs, module, mode, fn }) as tf.Tensor3D[];
    return { x: windows, carrierTokens: tokens };
  }
}

const gridOf = ([height, width]: readonly [number, number], windowSize: number): Grid => [
  Math.ceil(height / windowSize),
  Math.ceil(width / windowSize),
];
