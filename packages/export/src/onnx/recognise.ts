import { nodeOf, type ConstantNode, type ModelGraph, type OpNode } from '../model-graph.js';

type Node = ModelGraph['nodes'][number];

/**
 * The graph with what @rs/nn composes of several ops named as ONNX knows it: `Gelu` (inputs x; attribute approximate) and
 * `LayerNormalization` over the last axis (inputs x, scale, offset; attribute epsilon). Without what nothing reads then.
 */
export function recognise(graph: ModelGraph): ModelGraph {
  const { nodes: given, outputs } = withoutCopies(graph);
  const pattern = new Pattern(given);
  const named = given.map((node) => (node.kind === 'op' ? (geluOf(node, pattern) ?? layerNormOf(node, pattern) ?? node) : node));
  const needed = new Set(outputs.map(({ ref }) => nodeOf(ref)));
  const nodes = named
    .toReversed()
    .filter((node) => {
      if (node.kind === 'input') return true;
      if (node.kind === 'op' && needed.has(node.name)) for (const ref of node.inputs) needed.add(nodeOf(ref));
      return needed.has(node.name);
    })
    .reverse();
  return { nodes, outputs };
}

/** Readers of a copy, or of a conversion to the type that is there, read what it copies. */
function withoutCopies(graph: ModelGraph): ModelGraph {
  const originals = new Map<string, string>();
  const original = (ref: string): string => originals.get(ref) ?? ref;
  const types = new Map(graph.nodes.map((node) => [node.name, node.kind === 'op' ? node.outputs[0].dtype : node.dtype]));
  const nodes = graph.nodes.map((node) => {
    if (node.kind !== 'op') return node;
    const inputs = node.inputs.map(original);
    const copies = node.op === 'Identity' || (node.op === 'Cast' && types.get(nodeOf(inputs[0])) === node.outputs[0].dtype);
    if (copies) originals.set(`${node.name}:0`, inputs[0]);
    return { ...node, inputs };
  });
  return { nodes, outputs: graph.outputs.map(({ name, ref }) => ({ name, ref: original(ref) })) };
}

/** Questions about what stands behind a reference. */
class Pattern {
  readonly #nodes: ReadonlyMap<string, Node>;

  constructor(nodes: readonly Node[]) {
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
  }

  /** The op, if it is of that kind. */
  op(ref: string | undefined, op: string): OpNode | undefined {
    const node = ref === undefined ? undefined : this.#nodes.get(nodeOf(ref));
    return node?.kind === 'op' && node.op === op ? node : undefined;
  }

  /** The two operands of a commutative op, the one that `is` accepts last. */
  operands(node: OpNode | undefined, is: (ref: string) => boolean): readonly [string, string] | undefined {
    const [a, b] = node?.inputs ?? [];
    if (a === undefined || b === undefined) return undefined;
    if (is(b)) return [a, b];
    return is(a) ? [b, a] : undefined;
  }

  /** The other operand of an op with a number. */
  withNumber(ref: string | undefined, op: string, number: number): string | undefined {
    const near = (other: string): boolean => Math.abs((this.number(other) ?? NaN) - number) <= 1e-6 * Math.abs(number);
    return this.operands(this.op(ref, op), near)?.[0];
  }

  number(ref: string): number | undefined {
    const node = this.#nodes.get(nodeOf(ref));
    if (node?.kind !== 'constant' || node.dtype !== 'float32' || node.bytes.length !== 4 || node.batch) return undefined;
    return new Float32Array(node.bytes.slice().buffer)[0];
  }

  constant(ref: string): ConstantNode | undefined {
    const node = this.#nodes.get(nodeOf(ref));
    return node?.kind === 'constant' ? node : undefined;
  }
}

const c1 = Math.sqrt(2 / Math.PI);
const c3 = 0.044715 * c1;

/** x (erf(x / sqrt 2) + 1) / 2, or x sigmoid(x (2 c3 x^2 + 2 c1)). */
function geluOf(node: OpNode, pattern: Pattern): OpNode | undefined {
  if (node.op !== 'Mul') return undefined;
  for (const [x, cdf] of [node.inputs, node.inputs.toReversed()]) {
    const erf = pattern.op(addend(pattern, pattern.withNumber(cdf, 'Mul', 0.5), 1), 'Erf');
    if (erf && pattern.withNumber(erf.inputs[0], 'Mul', Math.SQRT1_2) === x) return renamed(node, 'Gelu', [x], { approximate: 'none' });
    const scaled = pattern.op(pattern.op(cdf, 'Sigmoid')?.inputs[0], 'Mul');
    const factor = pattern.operands(scaled, (ref) => ref === x)?.[0];
    const square = pattern.op(pattern.withNumber(addend(pattern, factor, 2 * c1), 'Mul', 2 * c3), 'Square');
    if (square?.inputs[0] === x) return renamed(node, 'Gelu', [x], { approximate: 'tanh' });
  }
  return undefined;
}

const addend = (pattern: Pattern, ref: string | undefined, number: number): string | undefined =>
  pattern.withNumber(ref, 'AddV2', number) ?? pattern.withNumber(ref, 'Add', number);

/** (x - mean) rsqrt(mean((x - mean)^2) + epsilon) scale + offset over the last axis; the scale and the offset are weights. */
function layerNormOf(node: OpNode, pattern: Pattern): OpNode | undefined {
  if (node.op !== 'AddV2' && node.op !== 'Add') return undefined;
  const isVector = (ref: string): boolean => pattern.constant(ref)?.shape.length === 1;
  const [scaled, offset] = pattern.operands(node, isVector) ?? [];
  const [normalised, scale] = pattern.operands(pattern.op(scaled, 'Mul'), isVector) ?? [];
  const [centred, inverseStd] = pattern.operands(pattern.op(normalised, 'Mul'), (ref) => pattern.op(ref, 'Rsqrt') !== undefined) ?? [];
  const difference = pattern.op(centred, 'Sub');
  if (!difference || !inverseStd || !scale || !offset) return undefined;
  const [x, mean] = difference.inputs;
  const shifted =
    pattern.op(pattern.op(inverseStd, 'Rsqrt')?.inputs[0], 'AddV2') ?? pattern.op(pattern.op(inverseStd, 'Rsqrt')?.inputs[0], 'Add');
  const [variance, epsilon] = pattern.operands(shifted, (ref) => pattern.number(ref) !== undefined) ?? [];
  const square = pattern.op(meanOf(pattern, variance, node), 'Square');
  if (meanOf(pattern, mean, node) !== x || square?.inputs[0] !== centred || epsilon === undefined) return undefined;
  return renamed(node, 'LayerNormalization', [x, scale, offset], { epsilon: pattern.number(epsilon) as number });
}

/** What a mean over the last axis alone, which stays, is taken of. */
function meanOf(pattern: Pattern, ref: string | undefined, { outputs: [{ shape }] }: OpNode): string | undefined {
  const mean = pattern.op(ref, 'Mean');
  if (!mean || mean.attributes.keep_dims !== true) return undefined;
  const bytes = pattern.constant(mean.inputs[1])?.bytes;
  const axes = bytes ? [...new Int32Array(bytes.slice().buffer)] : [];
  return axes.length === 1 && (axes[0] === -1 || axes[0] === shape.length - 1) ? mean.inputs[0] : undefined;
}

const renamed = (node: OpNode, op: string, inputs: readonly string[], attributes: OpNode['attributes']): OpNode => ({
  ...node,
  op,
  inputs,
  attributes,
});
