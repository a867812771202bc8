import * as tf from '@tensorflow/tfjs-core';
import type { TrainBatch } from './data.js';
import type { EDC } from './model.js';

/** The frozen teacher's `decoderFeatures` of the cloud-free images of a batch, which the student is drawn to (eq. 9). */
export class TeacherFeatures {
  readonly #kept = new Map<string, Float32Array>();
  #shape: readonly [number, number, number] = [0, 0, 0]; // [h,w,C] of one sample

  /** @param fixedSamples samples are never cropped or turned: what the teacher says of one is computed once */
  constructor(
    private readonly teacher: EDC,
    private readonly fixedSamples: boolean,
  ) {}

  /** [N,h,w,C] */
  of({ ids, cloudFree, sar }: TrainBatch): tf.Tensor4D {
    const compute = (): tf.Tensor4D => this.teacher.call({ optical: cloudFree, sar }, 'eval').decoderFeatures;
    if (!this.fixedSamples) return tf.tidy(compute);
    if (!ids.every((id) => this.#kept.has(id))) {
      const features = tf.tidy(compute);
      const values = features.dataSync() as Float32Array;
      const [, h, w, c] = features.shape;
      this.#shape = [h, w, c];
      const size = h * w * c;
      ids.forEach((id, i) => this.#kept.set(id, values.slice(i * size, (i + 1) * size)));
      return features;
    }
    const rows = ids.map((id) => this.#kept.get(id) as Float32Array);
    const joined = new Float32Array(rows.length * rows[0].length);
    rows.forEach((row, i) => joined.set(row, i * row.length));
    return tf.tensor4d(joined, [ids.length, ...this.#shape]);
  }
}
