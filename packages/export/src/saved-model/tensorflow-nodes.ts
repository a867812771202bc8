import { typeAttribute, type GraphNode, type OpAttribute } from '@rs/engine';
import { ExportError } from '../export-error.js';
import type { ExportInput } from '../input-spec.js';
import { nodeOf, type ConstantNode, type ModelGraph, type TensorType } from '../model-graph.js';
import { isFixed, type Size } from '../size.js';

/** A model's graph as TensorFlow's own nodes: what follows the batch is computed from the input that comes. */
export interface TensorflowGraph {
  readonly nodes: readonly GraphNode[];
  readonly inputRefs: Readonly<Record<string, string>>;
  readonly types: ReadonlyMap<string, TensorType>; // by reference
}

/** @throws ExportError naming the op that reads a constant which follows the batch in a way that no graph can */
export function tensorflowNodes({ nodes }: ModelGraph, inputs: readonly ExportInput[]): TensorflowGraph {
  const readers = new Map(
    nodes.flatMap((node) => (node.kind === 'op' ? node.inputs.map((ref) => [nodeOf(ref), `${node.op} (${node.name})`]) : [])),
  );
  const types = new Map(
    nodes.flatMap((node): [string, TensorType][] =>
      node.kind === 'op' ? node.outputs.map((output, i) => [`${node.name}:${i}`, output]) : [[`${node.name}:0`, node]],
    ),
  );
  const byInput = new Map(nodes.flatMap((node) => (node.kind === 'input' ? [[node.input, node.name]] : [])));
  const placeholders = inputs.map(({ name, dtype, shape }): GraphNode => ({
    kind: 'placeholder',
    name: byInput.get(name) ?? `unused_${name}`,
    dtype,
    shape: shape.map((size) => size ?? -1),
  }));
  const batched = inputs.findIndex(({ shape }) => shape[0] === null);
  const batch = batched < 0 ? [] : batchSize(placeholders[batched].name, inputs[batched].dtype);
  const rest = nodes.flatMap((node): GraphNode[] => {
    if (node.kind === 'input') return [];
    if (node.kind === 'constant') return constant(node, readers.get(node.name) ?? 'an output');
    const { name, op, typedAttributes, inputs: read } = node;
    return [{ kind: 'op', name, op, attributes: typedAttributes, inputs: read, outputs: [] }];
  });
  return {
    nodes: [...placeholders, ...batch, ...rest],
    inputRefs: Object.fromEntries(inputs.map(({ name }, i) => [name, `${placeholders[i].name}:0`])),
    types,
  };
}

const batchName = 'batch';

/** The size of the batch that comes, a scalar: the first size of an input. */
function batchSize(input: string, dtype: ExportInput['dtype']): GraphNode[] {
  return [
    op('batch/shape', 'Shape', [`${input}:0`], [typeAttribute('T', dtype), typeAttribute('out_type', 'int32')]),
    integers('batch/begin', [0], [1]),
    integers('batch/length', [1], [1]),
    op(
      'batch/first',
      'Slice',
      ['batch/shape:0', 'batch/begin:0', 'batch/length:0'],
      [typeAttribute('T', 'int32'), typeAttribute('Index', 'int32')],
    ),
    integers('batch/scalar', [], [0]),
    op(batchName, 'Reshape', ['batch/first:0', 'batch/scalar:0'], [typeAttribute('T', 'int32'), typeAttribute('Tshape', 'int32')]),
  ];
}

/** A constant; where it follows the batch, what computes it from the batch's size. */
function constant(node: ConstantNode, reader: string): GraphNode[] {
  const { name, dtype, bytes, batch, shape } = node;
  if (batch === undefined) return [{ kind: 'constant', name, dtype, bytes, shape: shape as readonly number[] }];
  if (batch === 'otherwise')
    throw new ExportError(`${reader} fixes the size of the batch; write that size in place of null in the shapes of the inputs`);
  if ('sizes' in batch) return following(name, shape as readonly number[], batch.sizes);
  const { axis, part } = batch;
  const times = shape.map((size, i): Size =>
    i !== axis || isFixed(size) ? 1 : { perBatch: size.perBatch / part[axis], plus: size.plus / part[axis] },
  );
  return [
    { kind: 'constant', name: `${name}/sample`, dtype, bytes, shape: part },
    ...following(`${name}/times`, [times.length], times),
    op(name, 'Tile', [`${name}/sample:0`, `${name}/times:0`], [typeAttribute('T', dtype), typeAttribute('Tmultiples', 'int32')]),
  ];
}

/** Whole numbers that follow the batch: perBatch * batch + plus. */
function following(name: string, shape: readonly number[], sizes: readonly Size[]): GraphNode[] {
  return [
    integers(
      `${name}/per_batch`,
      sizes.map((size) => (isFixed(size) ? 0 : size.perBatch)),
      shape,
    ),
    integers(
      `${name}/plus`,
      sizes.map((size) => (isFixed(size) ? size : size.plus)),
      shape,
    ),
    op(`${name}/product`, 'Mul', [`${name}/per_batch:0`, `${batchName}:0`], [typeAttribute('T', 'int32')]),
    op(name, 'AddV2', [`${name}/product:0`, `${name}/plus:0`], [typeAttribute('T', 'int32')]),
  ];
}

function op(name: string, kind: string, inputs: readonly string[], attributes: readonly OpAttribute[]): GraphNode {
  return { kind: 'op', name, op: kind, inputs, attributes, outputs: [] };
}

function integers(name: string, values: readonly number[], shape: readonly number[]): GraphNode {
  return { kind: 'constant', name, dtype: 'int32', shape, bytes: new Uint8Array(Int32Array.from(values).buffer) };
}
