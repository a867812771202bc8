import * as tf from '@tensorflow/tfjs-core';

/** A variable and where it was found. */
export interface FoundVariable {
  readonly name: string; // "levels.2.blocks.0.attn.qkv.weight"
  readonly variable: tf.Variable;
  readonly toTorch: readonly number[] | undefined; // permutation of our axes that gives PyTorch's layout
}

/**
 * All variables of a module, depth first in the order of its fields; a variable that two fields share is found twice. Fields
 * that hold objects, arrays or plain objects with numeric keys are walked; camelCase becomes snake_case, a field that starts with a
 * capital keeps its name.
 */
export function variablesOf(module: object): FoundVariable[] {
  const found: FoundVariable[] = [];
  const walk = (owner: object, prefix: string, above: readonly object[]): void => {
    const { torchLayout } = owner as { torchLayout?: Readonly<Record<string, readonly number[]>> };
    for (const [field, value] of Object.entries(owner)) {
      if (typeof value !== 'object' || value === null || above.includes(value)) continue;
      const name = prefix + snakeCase(field);
      if (value instanceof tf.Variable) found.push({ name, variable: value, toTorch: torchLayout?.[field] });
      else if (isContainer(value)) walk(value, `${name}.`, [...above, value]);
    }
  };
  walk(module, '', [module]);
  return found;
}

/** The trainable variables by their paths, each once (under its first path). */
export function parameters(module: object): Map<string, tf.Variable> {
  return named(module, true);
}

/** The variables that no optimiser touches: running_mean, running_var. */
export function buffers(module: object): Map<string, tf.Variable> {
  return named(module, false);
}

/** Number of trainable values. */
export function countParameters(module: object): number {
  return [...parameters(module).values()].reduce((sum, variable) => sum + variable.size, 0);
}

/** Frees all variables of a module. Freeing twice does no harm. */
export function disposeModule(module: object): void {
  for (const { variable } of variablesOf(module)) if (!variable.isDisposed) variable.dispose();
}

function named(module: object, trainable: boolean): Map<string, tf.Variable> {
  const seen = new Set<tf.Variable>();
  const result = new Map<string, tf.Variable>();
  for (const { name, variable } of variablesOf(module)) {
    if (variable.trainable !== trainable || seen.has(variable)) continue;
    seen.add(variable);
    result.set(name, variable);
  }
  return result;
}

const isContainer = (value: object): boolean => !(value instanceof tf.Tensor) && !ArrayBuffer.isView(value);

const snakeCase = (field: string): string => (/^[A-Z]/.test(field) ? field : field.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase());
