import * as tf from '@tensorflow/tfjs-core';
import { ExportError } from './export-error.js';

export type ExportDtype = 'float32' | 'int32' | 'bool';

/** What an input will be: its shape (float32), or its shape and type, as a tensor has them. `null` as the first size: any batch. */
export type InputSpec = readonly (number | null)[] | { readonly shape: readonly (number | null)[]; readonly dtype: tf.DataType };

export type InputSpecs = Readonly<Record<string, InputSpec>>;

export interface ExportInput {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: ExportDtype;
}

const dtypes: readonly string[] = ['float32', 'int32', 'bool'];

/** @throws ExportError naming the input that cannot be one */
export function exportInputs(specs: InputSpecs): ExportInput[] {
  const inputs = Object.entries(specs).map(([name, spec]) => {
    const { shape, dtype } = 'shape' in spec ? spec : { shape: spec, dtype: 'float32' };
    if (!dtypes.includes(dtype)) throw new ExportError(`input ${name} must be of type float32, int32 or bool, got ${dtype}`);
    const valid = shape.every((size, axis) => (size === null ? axis === 0 : Number.isInteger(size) && size > 0));
    if (!valid) {
      const got = shape.map((size) => size ?? 'null').join();
      throw new ExportError(`input ${name} must have positive sizes, and null only as the first of them (any batch), got [${got}]`);
    }
    return { name, shape, dtype: dtype as ExportDtype };
  });
  if (inputs.length === 0) throw new ExportError('inputs must name at least one input, got none');
  return inputs;
}

export const hasAnyBatch = (inputs: readonly ExportInput[]): boolean => inputs.some(({ shape }) => shape[0] === null);

/** Zeros in the shapes of the inputs, for a batch of the given size. The caller frees them. */
export const examples = (inputs: readonly ExportInput[], batch: number): Record<string, tf.Tensor> =>
  Object.fromEntries(
    inputs.map(({ name, shape, dtype }) => [
      name,
      tf.zeros(
        shape.map((size) => size ?? batch),
        dtype,
      ),
    ]),
  );
