import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, EcaGate, MultiScalePool, residualGate, SeGate, SpatialGate, type Init, type Mode } from '@rs/nn';
import { WeightedGlobalPooling } from './weighted-global-pooling.js';

/** What an ablation may change; the defaults are the paper's DCHF. */
export interface DchfVariant {
  readonly gate?: 'eca' | 'se'; // channel gate; default eca
  readonly pooling?: 'wgap' | 'gap'; // descriptors weighted by reliability, or plain means; default wgap
  readonly spatialGate?: boolean; // false: no discrepancy, no attention A; default true
  readonly opticalGate?: 'reliability' | 'attention' | 'none'; // optical features times 1 - A, A or 1; default reliability
  readonly sarGate?: 'none' | 'attention'; // SAR features times 1 or A; default none
  readonly kernelSize?: number | null; // of the ECA gate; default null: by the number of channels
  readonly reduction?: number; // of the SE gate; default 16
  readonly epsilon?: number; // of the pooling; default 1e-6
}

export interface DchfConfig extends DchfVariant {
  readonly channels: number; // C of every modality
  readonly first?: boolean; // the first stage has no cross-modal input; default false
}

export interface DchfInputs {
  readonly opt: tf.Tensor4D; // [N,H,W,C]
  readonly sar: tf.Tensor4D;
  readonly cm?: tf.Tensor4D; // absent at the first stage
}

export interface DchfOutputs {
  readonly opt: tf.Tensor4D; // refined, [N,H,W,C]
  readonly sar: tf.Tensor4D;
  readonly cm: tf.Tensor4D; // fused
  readonly attention?: tf.Tensor4D; // A [N,H,W,1], near 1 where the modalities disagree; absent without spatial gate
  readonly discrepancy?: tf.Tensor4D; // D [N,H,W,C]; absent without spatial gate
}

/**
 * Discrepancy-conditioned hybrid fusion, EDC, eq. (2)-(6). Optical features are trusted where they agree with SAR:
 *
 *     F_m = MultiScalePool_m(m)                                       m in opt, sar, cm
 *     D = F_opt - F_sar,    A = SpatialGate(D)                        (2), (3)
 *     z = [pool(F_opt, 1 - A), pool(F_sar, A), pool(F_cm, 1)]         (5)
 *     [s_opt, s_sar, s_cm] = channelGate(z)                           (6)
 *     cm' = s_opt (1 - A) F_opt + s_sar F_sar + s_cm F_cm             (4)
 *     d = cm' - F_m,    m' = m + d sigmoid(distribute_m(d))           m in opt, sar
 */
export class Dchf {
  readonly optMsc: MultiScalePool;
  readonly sarMsc: MultiScalePool;
  readonly cmMsc: MultiScalePool; // unused at the first stage, present so that all stages have the same parameters
  readonly spatialGate?: SpatialGate;
  readonly pooling: WeightedGlobalPooling;
  readonly eca?: EcaGate;
  readonly se?: SeGate;
  readonly optDistribute: Conv2d;
  readonly sarDistribute: Conv2d;
  readonly #config: Required<Pick<DchfConfig, 'channels' | 'first' | 'pooling' | 'opticalGate' | 'sarGate'>>;

  constructor({ channels, first = false, gate = 'eca', pooling = 'wgap', spatialGate = true, ...more }: DchfConfig, init: Init) {
    const { opticalGate = 'reliability', sarGate = 'none', kernelSize = null, reduction = 16, epsilon = 1e-6 } = more;
    this.#config = { channels, first, pooling, opticalGate, sarGate };
    const descriptor = (first ? 2 : 3) * channels;
    this.optMsc = new MultiScalePool({ channels }, init);
    this.sarMsc = new MultiScalePool({ channels }, init);
    this.cmMsc = new MultiScalePool({ channels }, init);
    if (spatialGate) this.spatialGate = new SpatialGate({}, init);
    this.pooling = new WeightedGlobalPooling({ epsilon });
    if (gate === 'eca') this.eca = new EcaGate({ channels: descriptor, kernelSize }, init);
    else this.se = new SeGate({ channels: descriptor, reduction }, init);
    this.optDistribute = new Conv2d({ inChannels: channels, outChannels: channels, kernelSize: 3, padding: 1 }, init);
    this.sarDistribute = new Conv2d({ inChannels: channels, outChannels: channels, kernelSize: 3, padding: 1 }, init);
  }

  call({ opt, sar, cm }: DchfInputs, mode: Mode): DchfOutputs {
    const { channels, first } = this.#config;
    assertShape('Dchf: opt', opt, [null, null, null, channels]);
    assertShape('Dchf: sar', sar, opt.shape);
    if (first !== (cm === undefined))
      throw new Error(`Dchf: cm must be ${first ? 'absent at the first stage' : 'given after the first stage'}`);
    if (cm) assertShape('Dchf: cm', cm, opt.shape);
    return tf.tidy(() => {
      const features = [this.optMsc.call(opt), this.sarMsc.call(sar), ...(cm ? [this.cmMsc.call(cm)] : [])];
      const [optFeatures, sarFeatures] = features;
      const discrepancy = this.spatialGate && tf.sub<tf.Tensor4D>(optFeatures, sarFeatures); // eq. (2)
      const attention = discrepancy && this.spatialGate?.call(discrepancy, mode); // eq. (3)
      const gates = this.channelGates(features, attention);
      const fused = tf.addN(this.gated(features, attention).map((x, i) => tf.mul(x, gates[i]))) as tf.Tensor4D; // eq. (4)
      return {
        opt: residualGate(opt, tf.sub(fused, optFeatures), this.optDistribute),
        sar: residualGate(sar, tf.sub(fused, sarFeatures), this.sarDistribute),
        cm: fused,
        ...(attention && { attention, discrepancy }),
      };
    });
  }

  /** One [N,1,1,C] weight in (0, 1) a modality, from the pooled, ungated features: eq. (5), (6). */
  private channelGates(features: readonly tf.Tensor4D[], attention?: tf.Tensor4D): tf.Tensor4D[] {
    const weighted = attention && this.#config.pooling === 'wgap';
    const weights = weighted ? [tf.sub<tf.Tensor4D>(1, attention), attention] : [];
    const z = tf.concat(
      features.map((x, i) => this.pooling.call(x, weights[i])),
      -1,
    ); // [N,K]
    const s = (this.eca ?? this.se!).call(z);
    return tf.split(tf.reshape(s, [z.shape[0], 1, 1, z.shape[1]]), features.length, -1) as tf.Tensor4D[];
  }

  private gated([opt, sar, ...cm]: readonly tf.Tensor4D[], attention?: tf.Tensor4D): tf.Tensor4D[] {
    const { opticalGate, sarGate } = this.#config;
    if (!attention) return [opt, sar, ...cm];
    const opticalWeight = opticalGate === 'reliability' ? tf.sub(1, attention) : attention;
    return [opticalGate === 'none' ? opt : tf.mul(opt, opticalWeight), sarGate === 'none' ? sar : tf.mul(sar, attention), ...cm];
  }
}
