import * as tf from '@tensorflow/tfjs-core';

/** What is minimised, and the parts of it that are worth a curve. */
export interface LossTerms {
  readonly total: tf.Scalar;
  readonly terms?: Readonly<Record<string, tf.Scalar>>;
}

export interface LossAndGradients {
  readonly total: tf.Scalar;
  readonly terms: Readonly<Record<string, tf.Scalar>>;
  readonly gradients: Map<string, tf.Tensor>; // of the parameters that the loss depends on
}

/** Evaluates a loss and its gradients by the named parameters. The caller owns all that comes back. */
export function lossAndGradients(parameters: ReadonlyMap<string, tf.Variable>, loss: () => LossTerms): LossAndGradients {
  const variables = [...parameters.values()];
  const terms: Record<string, tf.Scalar> = {};
  try {
    const { value, grads } = tf.variableGrads(() => {
      const result = loss();
      for (const [name, term] of Object.entries(result.terms ?? {})) terms[name] = tf.keep(tf.clone(term));
      return result.total;
    }, variables);
    const gradients = new Map<string, tf.Tensor>();
    for (const [name, variable] of parameters) if (grads[variable.name]) gradients.set(name, grads[variable.name]);
    return { total: value, terms, gradients };
  } catch (error) {
    tf.dispose(terms);
    for (const { saved } of tf.engine().state.activeTape ?? []) tf.dispose(saved); // tfjs frees what it kept only after a backward pass
    throw error;
  }
}
