import type * as tf from '@tensorflow/tfjs-core';

export interface StepFacts {
  readonly learningRate: number;
  readonly step: number; // how many times the parameter has been updated, this time included
  readonly weightDecay: number;
}

/**
 * How an optimiser moves parameters: a pure function of tensors, so that a graph can record it, and elementwise, so that several
 * parameters may come laid end to end. What changes from step to step comes in as scalars computed on the host in float64.
 */
export interface UpdateRule {
  readonly name: string; // with its constants: identifies the optimiser in a checkpoint
  readonly weightDecay: number; // where no parameter group says otherwise
  readonly slots: readonly string[]; // names of the tensors kept per parameter, as large as it, 0 at first
  coefficients(facts: StepFacts): readonly number[];
  update(parameter: tf.Tensor, gradient: tf.Tensor, slots: readonly tf.Tensor[], coefficients: readonly tf.Scalar[]): Updated;
}

export interface Updated {
  readonly parameter: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
}
