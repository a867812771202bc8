import * as tf from '@tensorflow/tfjs-core';
import { Random, TrainPass } from '@rs/nn';
import {
  classSimilarityMatrix,
  collapseIndex,
  diagonalContrast,
  gatherPixels,
  sampleStages,
  type Stage,
  type StarsModel,
} from '@rs/stars-align';

/** How the shared features of the two sensors stand to each other at a step of training (spec, section 9). Plain values. */
export interface Alignment {
  readonly step: number;
  readonly stage: Stage; // of the matrix: the last aligned one
  readonly matrix: readonly (readonly number[])[]; // [K][K] mean cosine, row: class of m1, column: class of m2
  readonly present: readonly boolean[]; // [K]
  readonly contrast: number; // mean of the diagonal less mean of the rest
  readonly collapse: Readonly<Record<string, number>>; // by aligned stage, mean of both sensors: 0 is one vector for every pixel
}

export interface HeldOut {
  readonly m1: tf.Tensor4D;
  readonly m2: tf.Tensor4D;
  readonly labels: tf.Tensor3D;
  readonly numClasses: number;
  readonly stages: readonly Stage[];
  readonly perClass: number;
}

/**
 * Looks at held-out images as training does: each sensor normalised by the statistics of its own batch, no class left out, the same pixels at
 * every step.
 */
export function alignmentOf(model: StarsModel, step: number, { m1, m2, labels, numClasses, stages, perClass }: HeldOut): Alignment {
  return tf.tidy(() => {
    const pass = new TrainPass(0);
    const { aligned } = model.call({ m1, m2 }, pass);
    pass.dispose();
    const stage = Math.max(...stages) as Stage;
    const samples = sampleStages(labels, { stages: [stage], perClass, numClasses }, new Random(0));
    const [indices, classes] = [samples[`indicesStage${stage}`]!, samples[`classesStage${stage}`]!];
    const { sharedM1, sharedM2 } = aligned[stage]!;
    const similarity = classSimilarityMatrix(gatherPixels(sharedM1, indices), gatherPixels(sharedM2, indices), classes, { numClasses });
    const collapse = stages.map((each) => {
      const { sharedM1: one, sharedM2: other } = aligned[each]!;
      return [String(each), (collapseIndex(one).dataSync()[0] + collapseIndex(other).dataSync()[0]) / 2];
    });
    return {
      step,
      stage,
      matrix: similarity.matrix.arraySync(),
      present: [...similarity.present.dataSync()].map(Boolean),
      contrast: diagonalContrast(similarity),
      collapse: Object.fromEntries(collapse) as Record<string, number>,
    };
  });
}
