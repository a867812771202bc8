import * as tf from '@tensorflow/tfjs-core';
import { classTokens, type ClassTokensOptions } from './class-tokens.js';

/**
 * The text embeddings of class lists, each computed once: a map of thousands of tiles asks for the same ones at every tile. They are those of the
 * weights at the time of the first call; after the text tower is trained further, make new ones.
 */
export class TextEmbeddings {
  readonly #embed: (ids: tf.Tensor2D) => tf.Tensor2D;
  readonly #options: ClassTokensOptions;
  readonly #known = new Map<string, tf.Tensor2D>();

  /** @param embed int32 [T,contextLength] -> [T,C], such as `(ids) => model.textFeatures(ids)` of an `MmOvSeg` */
  constructor(embed: (ids: tf.Tensor2D) => tf.Tensor2D, options: ClassTokensOptions = {}) {
    this.#embed = embed;
    this.#options = options;
  }

  /**
   * [T,C] in the order of the names, the same tensor for the same list; it stays this object's. Throws as `classTokens` does. Not to be called
   * within a captured function: give that the result.
   */
  of(classNames: readonly string[]): tf.Tensor2D {
    const key = JSON.stringify(classNames);
    const known = this.#known.get(key);
    if (known) return known;
    const text = tf.tidy(() => tf.keep(tf.clone(this.#embed(classTokens(classNames, this.#options)))));
    this.#known.set(key, text);
    return text;
  }

  dispose(): void {
    for (const text of this.#known.values()) text.dispose();
    this.#known.clear();
  }
}
