import * as tf from '@tensorflow/tfjs-core';
import { gaussianMmd2, type GaussianMmd2Options } from '@rs/losses';
import { Conv2d, mergeWindows, partitionWindows, type Init, type Mode } from '@rs/nn';
import { BidirectionalSsmLayer, type BidirectionalSsmLayerConfig } from './bidirectional-ssm-layer.js';
import { assertFeatures, assertResidual, type FusedFeatures, type FusionBlock, type FusionChannels } from './fusion-block.js';
import { deinterleaveTokens, interleaveTokens } from './interleave-tokens.js';
import { localAlign, type AlignedTokens, type LocalAlignOptions } from './local-align.js';
import { Projection } from './projection.js';

/** What the variants of the paper change; the defaults are A2's. */
export interface SynergisticFusionOptions {
  readonly fusionDim?: number; // of the tokens; default 96
  readonly ot?: boolean; // align tokens by transport; default true
  readonly mmd?: boolean; // compare their distributions; default true
  readonly ssmLayers?: number; // bidirectional state-space layers; default 1
  readonly sharedProjection?: boolean; // one projection for both modalities; needs channels1 = channels2; default false
  readonly window?: number; // transport inside windows of k x k tokens; must divide the sides of the map; 0 (default) is the whole map
  readonly alignment?: LocalAlignOptions; // here normalization is barycentric unless told
  readonly mmdOptions?: GaussianMmd2Options; // here maxTokens is 1024 unless told
  readonly ssm?: Omit<BidirectionalSsmLayerConfig, 'dim'>;
}

export interface SynergisticFusionBlockConfig extends FusionChannels, SynergisticFusionOptions {}

/**
 * The paper's synergistic fusion block: tokens of both encoders are aligned by optimal transport, their distributions compared by MMD, and the
 * interleaved sequence is read by state-space layers from both ends:
 *
 *     (X'p, X'g) = localAlign(proj_p(f1), proj_g(f2)),  alignLoss = mean_B MMD^2(X'p, Xg) + MMD^2(X'g, Xp)
 *     (p, g) = deinterleave(ssm(interleave(X'p, X'g))),  fused = f1 + bn(conv1x1([p; g]))
 *
 * Literal plans (`alignment: { normalization: 'mass' }`) shrink the tokens by their number; the barycentric default does not. With
 * `alignment: { method: 'one-to-one' }` costs are read on the host: such a block runs op by op, never as a captured graph.
 */
export class SynergisticFusionBlock implements FusionBlock {
  readonly proj?: Conv2d;
  readonly projP?: Conv2d;
  readonly projG?: Conv2d;
  readonly ssm: readonly BidirectionalSsmLayer[];
  readonly out: Projection;
  readonly #channels: readonly [number, number];
  readonly #residual: boolean;
  readonly #options: Required<Pick<SynergisticFusionOptions, 'ot' | 'mmd' | 'window' | 'alignment' | 'mmdOptions'>>;

  /** @throws RangeError when options do not fit each other */
  constructor(config: SynergisticFusionBlockConfig, init: Init) {
    const { channels1, channels2, outChannels = channels1, residual = true, fusionDim = 96, ssmLayers = 1, ssm } = config;
    const { ot = true, mmd = true, sharedProjection = false, window = 0, alignment, mmdOptions } = config;
    assertResidual('SynergisticFusionBlock', residual, channels1, outChannels);
    assertCount('window', window);
    assertCount('ssmLayers', ssmLayers);
    if (sharedProjection && channels1 !== channels2) {
      throw new RangeError(`SynergisticFusionBlock: sharedProjection needs channels1 = channels2, got ${channels1} and ${channels2}`);
    }
    this.#channels = [channels1, channels2];
    this.#residual = residual;
    this.#options = {
      ot,
      mmd,
      window,
      alignment: { ...alignment, normalization: alignment?.normalization ?? 'barycentric' },
      mmdOptions: { ...mmdOptions, maxTokens: mmdOptions?.maxTokens ?? 1024 },
    };
    const project = (inChannels: number): Conv2d => new Conv2d({ inChannels, outChannels: fusionDim, kernelSize: 1 }, init);
    if (sharedProjection) this.proj = project(channels1);
    else {
      this.projP = project(channels1);
      this.projG = project(channels2);
    }
    this.ssm = Array.from({ length: ssmLayers }, () => new BidirectionalSsmLayer({ ...ssm, dim: fusionDim }, init));
    this.out = new Projection({ inChannels: 2 * fusionDim, outChannels, kernelSize: 1 }, init);
  }

  /**
   * f1 [N,H,W,channels1], f2 [N,H,W,channels2] -> fused [N,H,W,outChannels], alignLoss
   *
   * @throws RangeError when the shapes do not agree, the maps are empty, or the window does not divide their sides
   */
  call(f1: tf.Tensor4D, f2: tf.Tensor4D, mode: Mode): FusedFeatures {
    assertFeatures('SynergisticFusionBlock', f1, f2, this.#channels);
    const [batch, height, width] = f1.shape;
    return tf.tidy(() => {
      const xp = tokensOf((this.proj ?? this.projP!).call(f1));
      const xg = tokensOf((this.proj ?? this.projG!).call(f2));
      const { alignedP, alignedG } = this.#options.ot ? this.#align(xp, xg, height, width) : { alignedP: xp, alignedG: xg };
      const alignLoss = this.#options.mmd ? this.#alignLoss(alignedP, xg, alignedG, xp) : tf.scalar(0);
      const [p, g] = this.#scanned(alignedP, alignedG);
      const joined = this.out.call(tf.reshape(tf.concat([p, g], -1), [batch, height, width, -1]), mode);
      return { fused: this.#residual ? tf.add<tf.Tensor4D>(f1, joined) : joined, alignLoss };
    });
  }

  #align(xp: tf.Tensor3D, xg: tf.Tensor3D, height: number, width: number): AlignedTokens {
    const { window, alignment } = this.#options;
    if (window === 0 || (window >= height && window >= width)) return localAlign(xp, xg, alignment);
    if (height % window !== 0 || width % window !== 0) {
      throw new RangeError(`SynergisticFusionBlock: window ${window} must divide the sides of the map, got ${height}x${width}`);
    }
    const cut = (tokens: tf.Tensor3D): tf.Tensor3D => partitionWindows(tf.reshape(tokens, [-1, height, width, tokens.shape[2]]), window);
    const joined = (windows: tf.Tensor3D): tf.Tensor3D => tokensOf(mergeWindows(windows, [height / window, width / window]));
    const { alignedP, alignedG } = localAlign(cut(xp), cut(xg), alignment);
    return { alignedP: joined(alignedP), alignedG: joined(alignedG) };
  }

  #alignLoss(alignedP: tf.Tensor3D, xg: tf.Tensor3D, alignedG: tf.Tensor3D, xp: tf.Tensor3D): tf.Scalar {
    const { mmdOptions } = this.#options;
    return tf.mean(tf.add(gaussianMmd2(alignedP, xg, mmdOptions), gaussianMmd2(alignedG, xp, mmdOptions)));
  }

  #scanned(alignedP: tf.Tensor3D, alignedG: tf.Tensor3D): [tf.Tensor3D, tf.Tensor3D] {
    if (this.ssm.length === 0) return [alignedP, alignedG];
    const { p, g } = deinterleaveTokens(this.ssm.reduce((tokens, layer) => layer.call(tokens), interleaveTokens(alignedP, alignedG)));
    return [p, g];
  }
}

/** [N,H,W,C] -> [N,H W,C], row-major */
const tokensOf = (map: tf.Tensor4D): tf.Tensor3D => tf.reshape(map, [map.shape[0], map.shape[1] * map.shape[2], map.shape[3]]);

function assertCount(option: string, value: number): void {
  if (!Number.isInteger(value) || value < 0) {
    throw new RangeError(`SynergisticFusionBlock: ${option} must be a whole number >= 0, got ${value}`);
  }
}
