import * as tf from '@tensorflow/tfjs-core';
import { traceGraph, type NamedTensors, type OpAttribute, type TracedGraph, type TracedNode, type TracedTensor } from '@rs/engine';
import { ExportError } from './export-error.js';
import { examples, hasAnyBatch, type ExportInput } from './input-spec.js';
import { isFixed, sizeOf, type Size } from './size.js';

export type Model = (inputs: NamedTensors) => NamedTensors;

export type AttributeValue = number | string | boolean | readonly number[];

export interface TensorType {
  readonly shape: readonly Size[];
  readonly dtype: tf.DataType;
}

export interface InputNode extends TensorType {
  readonly kind: 'input';
  readonly name: string;
  readonly input: string;
}

export interface ConstantNode extends TensorType {
  readonly kind: 'constant';
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly variable?: tf.Variable;
  /** How it follows the batch, where it does: whole numbers do, or `bytes`, of shape `part`, stand in it once a sample along `axis`. */
  readonly batch?: { readonly sizes: readonly Size[] } | { readonly axis: number; readonly part: readonly number[] } | 'otherwise';
}

/** A TensorFlow op. References to outputs are `name:output`. */
export interface OpNode {
  readonly kind: 'op';
  readonly name: string;
  readonly op: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly typedAttributes: readonly OpAttribute[]; // the same as TensorFlow takes them
  readonly inputs: readonly string[];
  readonly outputs: readonly TensorType[];
}

/** What a model computes, for one size of the batch or for any. */
export interface ModelGraph {
  readonly nodes: readonly (InputNode | ConstantNode | OpNode)[]; // each after those that it reads
  readonly outputs: readonly { readonly name: string; readonly ref: string }[];
}

/**
 * The ops of a model. Where an input takes any batch the model is traced with 2 and with 3 samples: what differs follows the batch.
 *
 * @throws ExportError when it runs other ops for another batch
 */
export function modelGraph(model: Model, inputs: readonly ExportInput[]): ModelGraph {
  const traced = (batch: number): TracedGraph => {
    const tensors = examples(inputs, batch);
    try {
      return traceGraph(model, tensors);
    } finally {
      tf.dispose(tensors);
    }
  };
  const two = traced(2);
  return merged(two, hasAnyBatch(inputs) ? traced(3) : two);
}

const differs = (what: string): ExportError =>
  new ExportError(`${what} with another batch than 2 in a way that no graph can follow; write the size of the batch in place of null`);

function merged(two: TracedGraph, three: TracedGraph): ModelGraph {
  const nodes: (InputNode | ConstantNode | OpNode)[] = [];
  const [ops2, ops3] = [opsOf(two), opsOf(three)];
  const [index2, index3] = [ops2, ops3].map((ops) => new Map(ops.map(({ name }, i) => [name, i])));
  const [other2, other3] = [two, three].map(({ nodes }) => new Map(nodes.map((node) => [node.name, node])));
  const names = new Map<string, string>(); // of merged inputs and constants
  const merge = (ref2: string, ref3: string, reader: string): string => {
    const [name2, name3] = [nodeOf(ref2), nodeOf(ref3)];
    const same = index2.get(name2) === index3.get(name3) && outputOf(ref2) === outputOf(ref3);
    if (index2.has(name2) && same) return ref2;
    const [a, b] = [other2.get(name2), other3.get(name3)] as [TracedNode | undefined, TracedNode | undefined];
    const key = `${name2} ${name3}`;
    const known = names.get(key);
    if (known !== undefined) return `${known}:0`;
    const name = `value${names.size}`;
    names.set(key, name);
    if (a?.kind === 'input' && b?.kind === 'input' && a.input === b.input) nodes.push({ ...a, name, shape: shapeOf(a, b, reader) });
    else if (a?.kind === 'constant' && b?.kind === 'constant') nodes.push({ ...mergedConstant(a, b, reader), name });
    else throw differs(`${reader} reads something else`);
    return `${name}:0`;
  };
  if (ops2.length !== ops3.length) throw differs(`the model runs other ops (${ops2.length} of them, ${ops3.length} with 3 samples)`);
  for (const [i, op] of ops2.entries()) {
    const reader = `${op.op} (${op.name})`;
    const other = ops3[i];
    const attributes = JSON.stringify(op.attributes);
    if (op.op !== other.op || attributes !== JSON.stringify(other.attributes) || op.inputs.length !== other.inputs.length)
      throw differs(`the model runs ${reader} differently`);
    nodes.push({
      ...op,
      attributes: Object.fromEntries(op.attributes.map(({ name, value }) => [name, value as AttributeValue])),
      typedAttributes: op.attributes,
      inputs: op.inputs.map((ref, j) => merge(ref, other.inputs[j], reader)),
      outputs: op.outputs.map((output, j) => ({ dtype: output.dtype, shape: shapeOf(output, other.outputs[j], reader) })),
    });
  }
  const outputs = two.outputs.map(({ name, ref }, i) => ({ name, ref: merge(ref, three.outputs[i].ref, `the output ${name}`) }));
  return { nodes, outputs };
}

type TracedOp = Extract<TracedNode, { kind: 'op' }>;
type TracedConstant = Extract<TracedNode, { kind: 'constant' }>;

const opsOf = ({ nodes }: TracedGraph): TracedOp[] => nodes.filter((node) => node.kind === 'op');

export const nodeOf = (ref: string): string => ref.slice(0, ref.lastIndexOf(':'));
export const outputOf = (ref: string): number => Number(ref.slice(ref.lastIndexOf(':') + 1));

function shapeOf(two: TracedTensor, three: TracedTensor, reader: string): Size[] {
  if (two.shape.length !== three.shape.length || two.dtype !== three.dtype) throw differs(`${reader} gives tensors of another kind`);
  return two.shape.map((size, axis) => sizeOf(size, three.shape[axis]));
}

function mergedConstant(two: TracedConstant, three: TracedConstant, reader: string): ConstantNode {
  const shape = shapeOf(two, three, reader);
  if (two === three || (two.variable && two.variable === three.variable && shape.every(isFixed))) return { ...two, shape };
  const axis = shape.findIndex((size) => !isFixed(size));
  if (axis < 0) {
    if (Buffer.compare(two.bytes, three.bytes) === 0) return { ...two, shape };
    if (two.dtype !== 'int32') return { ...two, shape, batch: 'otherwise' };
    const [a, b] = [integers(two.bytes), integers(three.bytes)];
    return { ...two, shape, batch: { sizes: a.map((value, i) => sizeOf(value, b[i])) } };
  }
  const part = two.shape.map((size, i) => (i === axis ? size / 2 : size));
  const inner = two.bytes.length / two.shape.slice(0, axis).reduce((product, size) => product * size, 1) / 2; // bytes of a sample
  const once = everyOther(two.bytes, inner, 2);
  const repeats = Number.isInteger(part[axis]) && once !== undefined && everyOther(three.bytes, inner, 3)?.equals(once) === true;
  return repeats ? { ...two, shape, bytes: once, batch: { axis, part } } : { ...two, shape, batch: 'otherwise' };
}

const integers = (bytes: Uint8Array): number[] => [...new Int32Array(bytes.slice().buffer)];

/** What stands `times` times in each run of `times` blocks, or undefined where they are not equal. */
function everyOther(bytes: Uint8Array, block: number, times: number): Buffer | undefined {
  if (!Number.isInteger(block) || bytes.length % (block * times) !== 0) return undefined;
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Buffer[] = [];
  for (let start = 0; start < all.length; start += block * times) {
    const first = all.subarray(start, start + block);
    for (let i = 1; i < times; i++) if (!all.subarray(start + i * block, start + (i + 1) * block).equals(first)) return undefined;
    kept.push(first);
  }
  return Buffer.concat(kept);
}
