import * as tf from '@tensorflow/tfjs-core';
import { Dchf } from '@rs/dchf';
import { completeTensors } from '@rs/experiments';
import { resize } from '@rs/nn';
import type { Patch } from '../data.js';
import type { EDC, EdcOutputs } from '../model.js';
import { watchCalls, type Layer } from '../watch-calls.js';

/** Means of a map over the pixels under cloud and over the others; NaN where there are none. */
export interface InAndOut {
  readonly cloudy: number;
  readonly clear: number;
}

export interface StageGate {
  readonly stage: number; // 1..4
  readonly attention: InAndOut; // A, eq. (3)
  readonly AUROC: number; // of A against the cloud mask: the chance that a cloudy pixel has the higher A
  readonly discrepancy: InAndOut; // channel mean of |D|, eq. (2), of the cloudy image and SAR
  readonly discrepancyCloudFree: InAndOut; // the same of the cloud-free image and SAR, at the same pixels
  readonly weights: readonly (readonly number[])[]; // channel weights s, eq. (6), of optical, SAR and (from stage 2) cross-modal features: means over tiles
}

/** How far clouds move the optical descriptor: |z(cloudy) - z(cloud-free)| / |z(cloud-free)|. */
export interface DescriptorShift {
  readonly cover: number; // share of cloudy pixels of the tile
  readonly weighted: readonly number[]; // by stage: of means weighted by 1 - A, eq. (5)
  readonly plain: readonly number[]; // of plain means of the same features
}

/** What the fusion does under clouds: Fig. 6 in numbers, and section III-C. */
export interface GateStudy {
  readonly tiles: number;
  readonly stages: readonly StageGate[];
  readonly shifts: readonly DescriptorShift[];
}

/** A pass and what the fusions computed inside it. */
interface Pass {
  readonly outputs: EdcOutputs;
  readonly weighted: readonly tf.Tensor2D[]; // z_opt [N,C] by stage
  readonly plain: readonly tf.Tensor2D[];
  readonly weights: readonly tf.Tensor2D[]; // s [N,K] by stage
}

/** @param model with a spatial gate */
export async function measureGates(model: EDC, batches: AsyncIterable<readonly Patch[]>): Promise<GateStudy> {
  const stages = model.encoder.fuse.map(() => new StageSums());
  const shifts: DescriptorShift[] = [];
  let tiles = 0;
  for await (const batch of batches) {
    const tensors = completeTensors(batch);
    const { sar, cloudMask } = tensors;
    const mask = cloudMask.dataSync();
    const under = passOf(model, { optical: tensors.cloudy, sar });
    const clear = passOf(model, { optical: tensors.cloudFree, sar });
    stages.forEach((sums, i) => sums.add(under, clear, i, mask, [cloudMask.shape[1], cloudMask.shape[2]]));
    const moved = (kind: 'weighted' | 'plain'): Float32Array[] => under[kind].map((z, i) => relativeShift(z, clear[kind][i]));
    const [weighted, plain] = [moved('weighted'), moved('plain')];
    batch.forEach(({ cloudMask: { data } }, n) =>
      shifts.push({
        cover: data.reduce((sum, cloud) => sum + cloud, 0) / data.length,
        weighted: weighted.map((stage) => stage[n]),
        plain: plain.map((stage) => stage[n]),
      }),
    );
    tiles += batch.length;
    tf.dispose([tensors, under, clear] as unknown as tf.TensorContainer);
  }
  return { tiles, stages: stages.map((sums, i) => sums.compute(i + 1, tiles)), shifts };
}

function passOf(model: EDC, inputs: { readonly optical: tf.Tensor4D; readonly sar: tf.Tensor4D }): Pass {
  const fusions = model.encoder.fuse.filter((fusion) => fusion instanceof Dchf);
  const [weighted, plain, weights]: tf.Tensor2D[][] = [[], [], []];
  const pools = fusions.map(({ pooling }) => pooling as unknown as Layer);
  const gates = fusions.map(({ eca, se }) => (eca ?? se) as unknown as Layer);
  let outputs: EdcOutputs | undefined;
  const seen = (layer: Layer, output: tf.Tensor, x: tf.Tensor): void => {
    const [pool, gate] = [pools.indexOf(layer), gates.indexOf(layer)];
    if (gate >= 0) weights[gate] = tf.keep(tf.clone(output as tf.Tensor2D));
    else if (!weighted[pool]) {
      weighted[pool] = tf.keep(tf.clone(output as tf.Tensor2D)); // a stage pools its optical features first
      plain[pool] = tf.keep(tf.mean<tf.Tensor2D>(x, [1, 2]));
    }
  };
  watchCalls([...pools, ...gates], seen, () => (outputs = model.call(inputs, 'eval', { reconstruct: false })));
  return { outputs: outputs!, weighted, plain, weights };
}

/** [N,C], [N,C] -> [N] */
const relativeShift = (z: tf.Tensor2D, reference: tf.Tensor2D): Float32Array =>
  tf.tidy(() => tf.div(tf.norm(tf.sub(z, reference), 2, 1), tf.norm(reference, 2, 1)).dataSync() as Float32Array);

const levels = 4096; // of A, between 0 and 1, for its ranks

class StageSums {
  readonly #attention = new MaskedMean();
  readonly #discrepancy = new MaskedMean();
  readonly #cloudFree = new MaskedMean();
  readonly #counts = { cloudy: new Float64Array(levels), clear: new Float64Array(levels) };
  #weights: Float64Array = new Float64Array(0);
  #modalities = 0;

  add(under: Pass, clear: Pass, i: number, mask: ArrayLike<number>, size: [number, number]): void {
    const shown = (map: tf.Tensor4D): Float32Array => tf.tidy(() => resize(map, { size, mode: 'nearest' }).dataSync() as Float32Array);
    const strength = (d: tf.Tensor4D): Float32Array => tf.tidy(() => shown(tf.mean<tf.Tensor4D>(tf.abs(d), 3, true)));
    const a = shown(under.outputs.attention[i]);
    this.#attention.add(a, mask);
    this.#discrepancy.add(strength(under.outputs.discrepancy[i]), mask);
    this.#cloudFree.add(strength(clear.outputs.discrepancy[i]), mask);
    a.forEach((value, p) => this.#counts[mask[p] ? 'cloudy' : 'clear'][Math.min(levels - 1, Math.floor(value * levels))]++);

    const weights = under.weights[i];
    if (this.#weights.length === 0) this.#weights = new Float64Array(weights.shape[1]);
    weights.dataSync().forEach((value, k) => (this.#weights[k % weights.shape[1]] += value));
    this.#modalities = weights.shape[1] / under.weighted[i].shape[1];
  }

  compute(stage: number, tiles: number): StageGate {
    const means = [...this.#weights].map((sum) => sum / tiles);
    const channels = means.length / this.#modalities;
    return {
      stage,
      attention: this.#attention.compute(),
      AUROC: areaUnderCurve(this.#counts),
      discrepancy: this.#discrepancy.compute(),
      discrepancyCloudFree: this.#cloudFree.compute(),
      weights: Array.from({ length: this.#modalities }, (_, m) => means.slice(m * channels, (m + 1) * channels)),
    };
  }
}

class MaskedMean {
  readonly #sums = [0, 0];
  readonly #counts = [0, 0];

  add(values: Float32Array, mask: ArrayLike<number>): void {
    values.forEach((value, i) => {
      const side = mask[i] ? 1 : 0;
      this.#sums[side] += value;
      this.#counts[side]++;
    });
  }

  compute(): InAndOut {
    return { cloudy: this.#sums[1] / this.#counts[1], clear: this.#sums[0] / this.#counts[0] };
  }
}

/** Mann and Whitney's statistic from counts by level: pairs in order and half of the ties, over all pairs; NaN when one side is empty. */
export function areaUnderCurve({ cloudy, clear }: { readonly cloudy: Float64Array; readonly clear: Float64Array }): number {
  let [below, ordered, all] = [0, 0, 0];
  cloudy.forEach((count, level) => {
    ordered += count * (below + clear[level] / 2);
    below += clear[level];
    all += count;
  });
  return ordered / (all * below);
}
