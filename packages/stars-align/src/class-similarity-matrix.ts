import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';

export type ClassSimilarity = {
  readonly matrix: tf.Tensor2D; // [K,K] in -1..1; 0 where a class is absent
  readonly present: tf.Tensor1D; // [K] int32, 1 where the class has a row
};

/**
 * How alike the classes of two modalities are, STARS, section 5.1 and figure 10: cell (a, b) is the mean of cos(f1_i, f2_j) over all pairs of a
 * row i of class a and a row j of class b, which is the product of the class means of the rows at length 1 (max(norm, 1e-8)).
 *
 * @param f1 [M,C] features of the first modality
 * @param f2 [M,C] of the second; row i is of the same pixel
 * @param labels [M] int32; a row whose label is none of 0..numClasses-1 does not count
 */
export function classSimilarityMatrix(
  f1: tf.Tensor2D,
  f2: tf.Tensor2D,
  labels: tf.Tensor1D,
  { numClasses }: { readonly numClasses: number },
): ClassSimilarity {
  assertShape('classSimilarityMatrix: f2', f2, f1.shape);
  assertShape('classSimilarityMatrix: labels', labels, [f1.shape[0]]);
  return tf.tidy(() => {
    const members = tf.cast(tf.oneHot(tf.cast(labels, 'int32'), numClasses), 'float32') as tf.Tensor2D; // [M,K]
    const counts = tf.sum<tf.Tensor1D>(members, 0); // [K]
    const meanOf = (features: tf.Tensor2D): tf.Tensor2D => {
      const rows = tf.div<tf.Tensor2D>(features, tf.maximum(tf.norm(features, 2, 1, true), 1e-8));
      return tf.div(tf.matMul(members, rows, true), tf.maximum(tf.expandDims(counts, 1), 1)); // [K,C]
    };
    return { matrix: tf.matMul(meanOf(f1), meanOf(f2), false, true), present: tf.cast(tf.greater(counts, 0), 'int32') };
  });
}

/**
 * How far classes correspond: the mean of the diagonal less the mean of the other cells, over the classes that are there. One number to follow
 * over training. NaN with fewer than two classes.
 */
export function diagonalContrast({ matrix, present }: ClassSimilarity): number {
  const values = matrix.dataSync();
  const classes = [...present.dataSync()].flatMap((there, id) => (there ? [id] : []));
  const cell = (a: number, b: number): number => values[a * present.size + b];
  const others = classes.flatMap((a) => classes.flatMap((b) => (a === b ? [] : [cell(a, b)])));
  return mean(classes.map((id) => cell(id, id))) - mean(others);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
