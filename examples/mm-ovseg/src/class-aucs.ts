import { rocAuc } from './roc-auc.js';

/** Scores of pixels, gathered over a test set: the area under the ROC curve of each class's score against its mask. */
export class ClassAucs {
  readonly #scores: Float32Array[] = [];
  readonly #labels: Uint8Array[] = [];

  constructor(private readonly numClasses: number) {}

  /** @param scores [pixels,T] one score a class; @param counts 1 where a pixel counts; labels of 255 never do */
  update(scores: Float32Array, labels: ArrayLike<number>, counts: ArrayLike<number>): void {
    const kept = Array.from({ length: labels.length }, (_, pixel) => pixel).filter((pixel) => counts[pixel] && labels[pixel] !== 255);
    const { numClasses } = this;
    const rows = new Float32Array(kept.length * numClasses);
    kept.forEach((pixel, i) => rows.set(scores.subarray(pixel * numClasses, (pixel + 1) * numClasses), i * numClasses));
    this.#scores.push(rows);
    this.#labels.push(Uint8Array.from(kept, (pixel) => labels[pixel]));
  }

  /** In [0,1], 0.5 = chance; NaN for a class that no pixel has. */
  compute(): number[] {
    const { numClasses } = this;
    const labels = Uint8Array.from(this.#labels.flatMap((part) => [...part]));
    return Array.from({ length: numClasses }, (_, id) => {
      const scores = new Float32Array(labels.length);
      let at = 0;
      for (const part of this.#scores) for (let from = id; from < part.length; from += numClasses) scores[at++] = part[from];
      return rocAuc(
        scores,
        Uint8Array.from(labels, (label) => Number(label === id)),
      );
    });
  }
}
