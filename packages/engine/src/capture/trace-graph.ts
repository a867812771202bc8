import * as tf from '@tensorflow/tfjs-core';
import { Graph } from './graph.js';
import { isNative, type OpAttribute } from './native-backend.js';
import { nodeOf, trace, type GraphNode, type NamedTensors, type Trace } from './trace.js';

/** What a tensor of a traced graph is. */
export interface TracedTensor {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

/** A node of a traced graph. References to what nodes give are `name:output`. */
export type TracedNode =
  | ({ readonly kind: 'input'; readonly name: string; readonly input: string } & TracedTensor)
  | ({ readonly kind: 'constant'; readonly name: string; readonly bytes: Uint8Array; readonly variable?: tf.Variable } & TracedTensor)
  | {
      readonly kind: 'op';
      readonly name: string;
      readonly op: string; // of TensorFlow
      readonly attributes: readonly OpAttribute[];
      readonly inputs: readonly string[];
      readonly outputs: readonly TracedTensor[];
    };

export interface TracedGraph {
  readonly nodes: readonly TracedNode[]; // each after those that it reads
  readonly outputs: readonly { readonly name: string; readonly ref: string }[];
}

/**
 * The TensorFlow ops that `fn` runs on its inputs, for writing them in another form. Whatever follows from weights and constants alone
 * is computed: it is a constant, as are the values of the variables now. A constant knows its variable where it is one, reshaped or
 * transposed at most. Needs the engine 'native'.
 *
 * @throws CaptureError when `fn` does what a graph cannot hold
 * @throws Error on another engine
 */
export function traceGraph(fn: (inputs: NamedTensors) => NamedTensors, inputs: NamedTensors): TracedGraph {
  if (!isNative()) throw new Error(`traceGraph: needs the engine 'native', and '${tf.getBackend()}' is in use; call useEngine() first`);
  const recorded = trace(fn, inputs);
  try {
    return folded(recorded);
  } finally {
    for (const tensor of recorded.kept) tensor.dispose();
  }
}

function folded(recorded: Trace): TracedGraph {
  const byName = new Map(recorded.nodes.map((node) => [node.name, node]));
  const placeholders = recorded.nodes.filter(({ kind }) => kind === 'placeholder');
  const feeds = new Map(placeholders.map(({ name }, i) => [name, recorded.feeds[i]]));
  const fromInputs = new Set<string>();
  for (const node of recorded.nodes) {
    const depends =
      node.kind === 'placeholder' ? typeof feeds.get(node.name) === 'string' : inputsOf(node).some((ref) => fromInputs.has(nodeOf(ref)));
    if (depends) fromInputs.add(node.name);
  }
  const read = new Set(recorded.nodes.flatMap((node) => (fromInputs.has(node.name) ? inputsOf(node) : [])));
  for (const { ref } of recorded.outputs) read.add(ref);
  const known = [...read].filter((ref) => !fromInputs.has(nodeOf(ref)));
  const values = valuesOf(recorded, known, feeds);
  const constants = known.map((ref): TracedNode => {
    const variable = variableBehind(ref, byName, feeds);
    return { kind: 'constant', name: constantName(ref), ...values(ref), ...(variable && { variable }) };
  });
  const rename = (ref: string): string => (fromInputs.has(nodeOf(ref)) ? ref : `${constantName(ref)}:0`);
  const rest = recorded.nodes.flatMap((node): TracedNode[] => {
    if (!fromInputs.has(node.name)) return [];
    if (node.kind === 'placeholder') return [{ ...node, kind: 'input', input: feeds.get(node.name) as string }];
    return node.kind === 'op' ? [{ ...node, inputs: node.inputs.map(rename) }] : [];
  });
  return { nodes: [...constants, ...rest], outputs: recorded.outputs.map(({ name, ref }) => ({ name, ref: rename(ref) })) };
}

type Feeds = ReadonlyMap<string, Trace['feeds'][number] | undefined>;
type Value = TracedTensor & { readonly bytes: Uint8Array };

const inputsOf = (node: GraphNode): readonly string[] => ('inputs' in node ? node.inputs : []);

const constantName = (ref: string): string => (ref.endsWith(':0') ? nodeOf(ref) : ref.replace(':', '_'));

/** The values of references that depend on no input: one run of the ops that make them. */
function valuesOf(recorded: Trace, refs: readonly string[], feeds: Feeds): (ref: string) => Value {
  const byName = new Map(recorded.nodes.map((node) => [node.name, node]));
  const computed = refs.filter((ref) => byName.get(nodeOf(ref))?.kind === 'op');
  const results = compute(recorded, computed, feeds);
  return (ref) => {
    const node = byName.get(nodeOf(ref)) as GraphNode;
    if (node.kind === 'constant') return { shape: node.shape, dtype: node.dtype, bytes: node.bytes };
    return results.get(ref) ?? valueOf((feeds.get(node.name) as () => tf.Tensor)());
  };
}

function compute(recorded: Trace, refs: readonly string[], feeds: Feeds): Map<string, Value> {
  if (refs.length === 0) return new Map();
  const needed = new Set(refs.map(nodeOf));
  const nodes = recorded.nodes
    .toReversed()
    .filter((node) => {
      if (needed.has(node.name)) for (const ref of inputsOf(node)) needed.add(nodeOf(ref));
      return needed.has(node.name);
    })
    .reverse();
  const graph = new Graph({
    ...recorded,
    nodes,
    kept: [],
    feeds: nodes.flatMap(({ kind, name }) => (kind === 'placeholder' ? [feeds.get(name) as () => tf.Tensor] : [])),
    outputs: refs.map((ref) => ({ name: ref, ref, shape: [] })),
  });
  try {
    const results = graph.run({});
    const values = new Map(Object.entries(results).map(([ref, tensor]) => [ref, valueOf(tensor)]));
    tf.dispose(Object.values(results));
    return values;
  } finally {
    graph.dispose();
  }
}

function valueOf(tensor: tf.Tensor): Value {
  const { buffer, byteOffset, byteLength } = tensor.dataSync();
  return { shape: tensor.shape, dtype: tensor.dtype, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}

function variableBehind(ref: string, byName: ReadonlyMap<string, GraphNode>, feeds: Feeds): tf.Variable | undefined {
  const node = byName.get(nodeOf(ref));
  if (node?.kind === 'op' && (node.op === 'Reshape' || node.op === 'Transpose')) return variableBehind(node.inputs[0], byName, feeds);
  const feed = node?.kind === 'placeholder' ? feeds.get(node.name) : undefined;
  const fed = typeof feed === 'function' ? feed() : undefined;
  return fed instanceof tf.Variable ? fed : undefined;
}
