import * as tf from '@tensorflow/tfjs-core';
import { capture, type Captured } from '@rs/engine';
import type { TrainBatch } from './data.js';
import type { Segmenter } from './network.js';

type TeacherInputs = { readonly optical: tf.Tensor4D; readonly sar: tf.Tensor4D };

/** The frozen teacher's `decoderFeatures` of the cloud-free images of a batch, which the student is drawn to (eq. 9). */
export class TeacherFeatures {
  readonly #forward: Captured<TeacherInputs, { readonly features: tf.Tensor4D }>;
  readonly #kept = new Map<string, Float32Array>();
  #shape: readonly [number, number, number] = [0, 0, 0]; // [h,w,C] of one sample

  /** @param fixedSamples samples are never cropped or turned: what the teacher says of one is computed once */
  constructor(
    teacher: Segmenter,
    private readonly fixedSamples: boolean,
    { eager }: { readonly eager: boolean },
  ) {
    this.#forward = capture((inputs) => ({ features: teacher.call(inputs, 'eval', { reconstruct: false }).decoderFeatures }), { eager });
  }

  /** [N,h,w,C] */
  of({ ids, cloudFree, sar }: TrainBatch): tf.Tensor4D {
    if (this.fixedSamples && ids.every((id) => this.#kept.has(id))) return this.#recall(ids);
    const { features } = this.#forward({ optical: cloudFree, sar });
    if (this.fixedSamples) this.#keep(ids, features);
    return features;
  }

  dispose(): void {
    this.#forward.dispose();
  }

  #keep(ids: readonly string[], features: tf.Tensor4D): void {
    const [, h, w, c] = features.shape;
    this.#shape = [h, w, c];
    const values = features.dataSync() as Float32Array;
    ids.forEach((id, i) => this.#kept.set(id, values.slice(i * h * w * c, (i + 1) * h * w * c)));
  }

  #recall(ids: readonly string[]): tf.Tensor4D {
    const rows = ids.map((id) => this.#kept.get(id) as Float32Array);
    const joined = new Float32Array(rows.length * rows[0].length);
    rows.forEach((row, i) => joined.set(row, i * row.length));
    return tf.tensor4d(joined, [ids.length, ...this.#shape]);
  }
}
