import * as tf from '@tensorflow/tfjs-core';
import { variablesOf, type FoundVariable } from './module-tree.js';

export type HostData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** A tensor in the memory of the host, row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: HostData;
}

/** Parameters and buffers by their paths, in PyTorch's layout: (O,I/groups,kH,kW) and (out,in). */
export function stateDict(module: object): Map<string, HostTensor & { readonly data: Float32Array }> {
  return new Map(variablesOf(module).map((found) => [found.name, read(found)]));
}

// No tf.tidy: it looks for tensors in all that it returns, value by value.
function read({ variable, toTorch }: FoundVariable): HostTensor & { readonly data: Float32Array } {
  const tensor = toTorch ? tf.transpose(variable as tf.Tensor, [...toTorch]) : variable;
  const data = tensor.dataSync<'float32'>().slice(); // a copy: the backend may hand out its own array
  if (tensor !== variable) tensor.dispose();
  return { shape: [...tensor.shape], data };
}

export interface LoadOptions {
  readonly strict?: boolean; // default true: missing and unexpected keys are errors
}

export interface LoadResult {
  readonly missing: string[]; // in the module, not in the dict
  readonly unexpected: string[]; // in the dict, not in the module
}

/**
 * Sets the parameters and buffers of `module` to the values of `dict`. PyTorch's `num_batches_tracked` is ignored.
 *
 * @param dict tensors in PyTorch's layout
 * @throws Error that lists all missing, unexpected and mis-shaped keys at once (not strict: the mis-shaped); nothing is changed then
 */
export function loadStateDict(module: object, dict: ReadonlyMap<string, HostTensor>, { strict = true }: LoadOptions = {}): LoadResult {
  const variables = variablesOf(module);
  const known = new Set(variables.map(({ name }) => name));
  const missing = variables.filter(({ name }) => !dict.has(name)).map(({ name }) => name);
  const unexpected = [...dict.keys()].filter((name) => !known.has(name) && !/(^|\.)num_batches_tracked$/.test(name));
  const misshaped = variables.flatMap((found) => {
    const given = dict.get(found.name);
    const problem = given && shapeProblem(found, given);
    return problem ? [`${found.name} (${problem})`] : [];
  });
  const problems = [
    ...(strict && missing.length > 0 ? [`missing keys: ${missing.join(', ')}`] : []),
    ...(strict && unexpected.length > 0 ? [`unexpected keys: ${unexpected.join(', ')}`] : []),
    ...(misshaped.length > 0 ? [`mis-shaped keys: ${misshaped.join(', ')}`] : []),
  ];
  if (problems.length > 0) throw new Error(`loadStateDict: ${problems.join('; ')}`);
  for (const { name, variable, toTorch } of variables) {
    const given = dict.get(name);
    if (given) assign(variable, given, toTorch);
  }
  return { missing, unexpected };
}

function shapeProblem({ variable, toTorch }: FoundVariable, { shape, data }: HostTensor): string | undefined {
  const expected = toTorch ? toTorch.map((axis) => variable.shape[axis]) : variable.shape;
  if (shape.join() !== expected.join()) return `expected [${expected}], got [${shape}]`;
  if (data.length !== variable.size) return `expected ${variable.size} values, got ${data.length}`;
  return undefined;
}

function assign(variable: tf.Variable, { shape, data }: HostTensor, toTorch: readonly number[] | undefined): void {
  tf.tidy(() => {
    const tensor = tf.tensor(float32Of(data), [...shape]);
    variable.assign(toTorch ? tf.transpose(tensor, inverse(toTorch)) : tensor);
  });
}

/** A copy: `from` with an iterator takes a hundred times as long as the constructor. */
function float32Of(data: HostData): Float32Array {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return new Float32Array(data);
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) values[i] = Number(data[i]);
  return values;
}

const inverse = (permutation: readonly number[]): number[] => permutation.map((_, axis) => permutation.indexOf(axis));
