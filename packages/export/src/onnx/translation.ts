import type * as tf from '@tensorflow/tfjs-core';
import { ExportError } from '../export-error.js';
import type { ExportInput } from '../input-spec.js';
import { nodeOf, outputOf, type ConstantNode, type ModelGraph, type OpNode, type TensorType } from '../model-graph.js';
import { isBatch, isFixed, sameShape, type Size } from '../size.js';
import { OnnxGraph, type OnnxAttributes } from './onnx-graph.js';
import type { OnnxType, OnnxValue } from './proto.js';

/** How an op of TensorFlow is written in ONNX: reads the op's inputs from the translation and sets its outputs there. */
export type Rule = (node: OpNode, to: Translation) => void;
export type Rules = Readonly<Record<string, Rule>>;

/**
 * Where a tensor of the model stands in the ONNX graph: it is `name`, of shape `actual`; if `channelsFirst`, with the axes of an image moved
 * from [N,C,H,W] to [N,H,W,C]; then reshaped to `shape`. So layouts and reshapes are written only where an op needs them.
 */
export interface View {
  readonly name: string;
  readonly actual: readonly Size[];
  readonly channelsFirst: boolean;
  readonly shape: readonly Size[];
}

const toLast = [0, 2, 3, 1];
const toFirst = [0, 3, 1, 2];

export const rearranged = <T>(values: readonly T[], perm: readonly number[]): T[] => perm.map((axis) => values[axis]);

/** The state of one translation: which ONNX value each tensor of the model is. */
export class Translation {
  readonly #graph: OnnxGraph;
  readonly #views = new Map<string, View>();
  readonly #constants = new Map<string, ConstantNode>();
  readonly #ops = new Map<string, OpNode>();
  readonly #types = new Map<string, TensorType>();
  readonly #readers = new Map<string, number>();
  readonly #batchOf?: string; // an input whose first size is the batch

  constructor(
    private readonly model: ModelGraph,
    inputs: readonly ExportInput[],
    private readonly weightNames: ReadonlyMap<tf.Variable, string>,
  ) {
    this.#graph = new OnnxGraph([...inputs.map(({ name }) => name), ...model.outputs.map(({ name }) => name)]);
    this.#batchOf = inputs.find(({ shape }) => shape[0] === null)?.name;
    for (const node of model.nodes) {
      if (node.kind === 'op') {
        this.#ops.set(node.name, node);
        node.outputs.forEach((output, i) => this.#types.set(`${node.name}:${i}`, output));
        for (const ref of node.inputs) this.#readers.set(ref, (this.#readers.get(ref) ?? 0) + 1);
        continue;
      }
      this.#types.set(`${node.name}:0`, node);
      if (node.kind === 'constant') this.#constants.set(node.name, node);
      else this.set(node, { name: node.input, actual: node.shape, channelsFirst: false, shape: node.shape });
    }
    for (const { ref } of model.outputs) this.#readers.set(ref, (this.#readers.get(ref) ?? 0) + 1);
  }

  // --- the model's side ---

  shape(ref: string): readonly Size[] {
    return this.#type(ref).shape;
  }

  /** @throws ExportError where a size depends on the batch */
  fixedShape(node: OpNode, ref: string, axes: readonly number[]): number[] {
    const shape = this.shape(ref);
    return axes.map((axis) => {
      const size = shape[axis];
      if (!isFixed(size)) throw this.batchIsFixedBy(node);
      return size;
    });
  }

  dtype(ref: string): OnnxType {
    return this.#type(ref).dtype as OnnxType;
  }

  /** The op that gives a tensor. */
  op(ref: string): OpNode | undefined {
    return this.#ops.get(nodeOf(ref));
  }

  /** Whether a tensor is read once in all. */
  isReadOnce(ref: string): boolean {
    return this.#readers.get(ref) === 1;
  }

  /** A constant that does not follow the batch. */
  constant(ref: string): ConstantNode | undefined {
    const constant = this.#constants.get(nodeOf(ref));
    return constant?.batch === undefined ? constant : undefined;
  }

  /** Real values of a constant. */
  values(ref: string): Float32Array | undefined {
    const constant = this.constant(ref);
    return constant?.dtype === 'float32' ? new Float32Array(constant.bytes.slice().buffer) : undefined;
  }

  /** Whole numbers that the op needs as it is written: sizes, axes. @throws ExportError where they are computed */
  sizes(node: OpNode, input: number): Size[] {
    const ref = node.inputs[input];
    const constant = this.#constants.get(nodeOf(ref));
    if (constant?.dtype !== 'int32')
      throw new ExportError(`${this.label(node)} takes computed sizes or axes, which the export does not write`);
    if (typeof constant.batch === 'object' && 'sizes' in constant.batch) return [...constant.batch.sizes];
    if (constant.batch !== undefined) throw this.batchIsFixedBy(node);
    return [...new Int32Array(constant.bytes.slice().buffer)];
  }

  /** The same where they do not follow the batch. */
  integers(node: OpNode, input: number): number[] {
    return this.sizes(node, input).map((size) => {
      if (!isFixed(size)) throw this.batchIsFixedBy(node);
      return size;
    });
  }

  label(node: OpNode): string {
    return `the op ${node.op} (${node.name}, to [${node.outputs[0].shape.map((size) => (isFixed(size) ? size : 'batch')).join()}])`;
  }

  batchIsFixedBy(node: OpNode): ExportError {
    return new ExportError(`${this.label(node)} fixes the size of the batch; write that size in place of null in the shapes of the inputs`);
  }

  // --- the ONNX side ---

  add(opType: string, inputs: readonly string[], attributes?: OnnxAttributes): string {
    return this.#graph.add(opType, inputs, attributes);
  }

  get graph(): OnnxGraph {
    return this.#graph;
  }

  /** Where a tensor stands. */
  view(ref: string): View {
    const known = this.#views.get(ref);
    if (known) return known;
    const constant = this.#constants.get(nodeOf(ref));
    if (!constant) throw new ExportError(`the output ${outputOf(ref)} of ${this.op(ref)?.op} is not one that the export writes`);
    const name = this.#writeConstant(constant);
    const view = { name, actual: constant.shape, channelsFirst: false, shape: constant.shape };
    this.#views.set(ref, view);
    return view;
  }

  /** A tensor as the model has it. */
  exact(ref: string): string {
    const { name, actual, channelsFirst, shape } = this.view(ref);
    if (!channelsFirst) return this.#reshaped(name, actual, shape);
    if (movesNothing(actual)) return this.#reshaped(name, actual, shape);
    return this.#reshaped(this.#graph.transpose(name, toLast), rearranged(actual, toLast), shape);
  }

  /** An image [N,H,W,C] as [N,C,H,W]. */
  channelsFirst(ref: string): string {
    const view = this.view(ref);
    if (this.isChannelsFirst(ref)) return view.name;
    const target = rearranged(view.shape, toFirst);
    if (!movesNothing(target)) return this.#graph.transpose(this.exact(ref), toFirst);
    if (!view.channelsFirst || movesNothing(view.actual)) return this.#reshaped(view.name, view.actual, target);
    return this.#reshaped(this.exact(ref), view.shape, target);
  }

  /** Whether an image is already there as [N,C,H,W] too. */
  isTransposed(ref: string): boolean {
    const { name, channelsFirst, actual, shape } = this.view(ref);
    return !channelsFirst && sameShape(actual, shape) && this.#graph.has('Transpose', [name], { perm: toFirst });
  }

  /** Whether an image stands as [N,C,H,W]. */
  isChannelsFirst(ref: string): boolean {
    const { channelsFirst, actual, shape } = this.view(ref);
    return channelsFirst && sameShape(rearranged(actual, toLast), shape);
  }

  /** A tensor whose last axis is that of the model; the others may be merged or split in another way. */
  rows(ref: string): View {
    const view = this.view(ref);
    const last = view.shape[view.shape.length - 1];
    const actual = view.channelsFirst ? rearranged(view.actual, toLast) : view.actual;
    if (actual[actual.length - 1] !== last || actual.length === 0) {
      const reshape = this.op(ref);
      const before = reshape?.op === 'Reshape' ? this.shape(reshape.inputs[0]) : []; // the same rows, perhaps as a later op wants them
      if (reshape && before[before.length - 1] === last) return { ...this.rows(reshape.inputs[0]), shape: view.shape };
      return this.#plain(this.exact(ref), view.shape);
    }
    if (!view.channelsFirst) return view;
    const name = movesNothing(view.actual) ? this.#reshaped(view.name, view.actual, actual) : this.#graph.transpose(view.name, toLast);
    return { name, actual, channelsFirst: false, shape: view.shape };
  }

  /** Sets an output of an op. A name alone is the tensor as the model has it. */
  set(node: OpNode | { readonly name: string }, value: View | string, output = 0): void {
    const ref = `${node.name}:${output}`;
    this.#views.set(ref, typeof value === 'string' ? this.#plain(value, this.shape(ref)) : value);
  }

  /** Sets an output that is an image, from its [N,C,H,W]. */
  setChannelsFirst(node: OpNode, name: string, output = 0): void {
    const { shape } = node.outputs[output];
    this.set(node, { name, actual: rearranged(shape, toFirst), channelsFirst: true, shape }, output);
  }

  /** A constant with its axes rearranged, computed now, or an op that does it where it is no constant. */
  rearrangedWeight(ref: string, perm: readonly number[], shape?: readonly number[]): string {
    const constant = this.constant(ref);
    const values = this.values(ref);
    if (!constant || !values) {
      const moved = this.#graph.transpose(this.exact(ref), perm);
      return shape ? this.#graph.addOnce('Reshape', [moved, this.#graph.int64(shape)]) : moved;
    }
    const from = constant.shape as readonly number[];
    const moved = transposed(values, from, perm);
    return this.#graph.initializer(this.#nameOf(constant), 'float32', shape ?? rearranged(from, perm), new Uint8Array(moved.buffer));
  }

  /** A constant in another shape of the same values. */
  reshapedWeight(ref: string, shape: readonly number[]): string {
    const constant = this.constant(ref);
    if (!constant) return this.#graph.addOnce('Reshape', [this.exact(ref), this.#graph.int64(shape)]);
    return this.#graph.initializer(this.#nameOf(constant), constant.dtype as OnnxType, shape, constant.bytes);
  }

  /** Sizes as ONNX takes them: numbers where they are known, else computed from the batch that comes. */
  int64(sizes: readonly Size[]): string {
    if (sizes.every(isFixed)) return this.#graph.int64(sizes);
    const batch = this.#graph.addOnce('Shape', [this.#batchOf as string], { start: 0, end: 1 });
    const parts = sizes.map((size) => {
      if (isFixed(size)) return this.#graph.int64([size]);
      const product = size.perBatch === 1 ? batch : this.#graph.addOnce('Mul', [batch, this.#graph.int64([size.perBatch])]);
      return size.plus === 0 ? product : this.#graph.addOnce('Add', [product, this.#graph.int64([size.plus])]);
    });
    return parts.length === 1 ? parts[0] : this.#graph.addOnce('Concat', parts, { axis: 0 });
  }

  finish(): Pick<ReturnType<OnnxGraph['finish']>, 'nodes' | 'initializers'> & { readonly outputs: OnnxValue[] } {
    const results = this.model.outputs.map(({ name, ref }) => ({ name, from: this.exact(ref) }));
    const outputs = this.model.outputs.map(({ name, ref }) => ({
      name,
      type: this.dtype(ref),
      shape: this.shape(ref).map((size) => (isFixed(size) ? size : isBatch(size) ? 'batch' : '')),
    }));
    return { ...this.#graph.finish(results), outputs };
  }

  #plain(name: string, shape: readonly Size[]): View {
    return { name, actual: shape, channelsFirst: false, shape };
  }

  /** One size that follows the batch can be left to the runtime: -1. */
  #reshaped(name: string, from: readonly Size[], to: readonly Size[]): string {
    if (sameShape(from, to)) return name;
    const open = to.filter((size) => !isFixed(size)).length;
    const target = open === 1 ? this.#graph.int64(to.map((size) => (isFixed(size) ? size : -1))) : this.int64(to);
    return this.#graph.addOnce('Reshape', [name, target]);
  }

  #writeConstant(constant: ConstantNode): string {
    const { batch, bytes, shape, dtype } = constant;
    if (batch === 'otherwise' || (batch && 'sizes' in batch)) {
      const reader = [...this.#ops.values()].find(({ inputs }) => inputs.includes(`${constant.name}:0`));
      if (reader) throw this.batchIsFixedBy(reader);
      throw new ExportError('an output is a constant that follows the batch; write its size in place of null in the shapes of the inputs');
    }
    const once = this.#graph.initializer(
      this.#nameOf(constant),
      dtype as OnnxType,
      batch ? batch.part : (shape as readonly number[]),
      bytes,
    );
    return batch ? this.#graph.addOnce('Tile', [once, this.int64(tiles(shape, batch))]) : once;
  }

  #nameOf({ variable }: ConstantNode): string {
    return (variable && this.weightNames.get(variable)) ?? 'constant';
  }

  #type(ref: string): TensorType {
    return this.#types.get(ref) as TensorType;
  }
}

/** How often a constant stands in itself along each axis: once a sample along one. */
const tiles = (shape: readonly Size[], { axis }: { readonly axis: number }): Size[] =>
  shape.map((_, i) => (i === axis ? { perBatch: 1, plus: 0 } : 1));

/** Whether [N,C,H,W] and [N,H,W,C] hold their values in the same order. */
const movesNothing = ([, channels, height, width]: readonly Size[]): boolean => channels === 1 || (height === 1 && width === 1);

function transposed(values: Float32Array, shape: readonly number[], perm: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const sizes = rearranged(shape, perm);
  const steps = rearranged(strides, perm);
  const result = new Float32Array(values.length);
  const index = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < sizes[axis]) break;
      from -= steps[axis] * sizes[axis];
      index[axis] = 0;
    }
  }
  return result;
}
