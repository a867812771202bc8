import * as tf from '@tensorflow/tfjs-core';
import { CaptureError } from './capture-error.js';
import { nativeBackend, type NativeBackend, type OpAttribute } from './native-backend.js';

export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

interface Output {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

/** A node of a recorded graph. References are `name:output`. */
export type GraphNode =
  | ({ readonly kind: 'placeholder'; readonly name: string } & Output)
  | ({ readonly kind: 'constant'; readonly name: string; readonly bytes: Uint8Array } & Output)
  | {
      readonly kind: 'op';
      readonly name: string;
      readonly op: string;
      readonly attributes: readonly OpAttribute[];
      readonly inputs: readonly string[];
      readonly outputs: readonly Output[];
    }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly kernel: string; // of the trace's kernels
      readonly inputs: readonly string[];
      readonly argumentTypes: readonly tf.DataType[];
      readonly outputs: readonly Output[];
    };

/** Ops that are compiled into one: what `fuse` recorded. */
export interface Kernel {
  readonly name: string;
  readonly nodes: readonly GraphNode[]; // the placeholders are its arguments
  readonly outputs: readonly string[]; // references
}

/** What a function did, as a graph from its inputs, and from tensors and variables that it found outside, to its outputs. */
export interface Trace {
  readonly nodes: readonly GraphNode[];
  readonly kept: readonly tf.Tensor[]; // found outside and fed; freed with the graph
  /** One a placeholder, in the order of the placeholders: by name an input, else what to feed now. */
  readonly feeds: readonly (string | (() => tf.Tensor))[];
  readonly outputs: readonly { readonly name: string; readonly ref: string; readonly shape: readonly number[] }[];
  readonly kernels: readonly Kernel[];
}

export interface TraceOptions {
  readonly fuse?: boolean; // record what is given to the backend's `fuse` as kernels; default false: as single ops
  readonly frozen?: boolean; // variables are constants; default false: they are fed
}

interface Origin {
  readonly ref: string;
  readonly shape: readonly number[];
  readonly dynamic: boolean; // depends on something that is fed
}

const stateful = /^(Random|Multinomial|ParameterizedTruncatedNormal|TruncatedNormal|StatelessMultinomial$)/;
const parts = /^(Split|SplitV|Unpack)$/; // ops with several outputs of one kind
const smallConstant = 4096; // bytes up to which equal constants are one node

/** Runs `fn` once and records every TensorFlow op that it executes. Its results are dropped. @throws CaptureError */
export function trace(fn: (inputs: NamedTensors) => NamedTensors, inputs: NamedTensors, options: TraceOptions = {}): Trace {
  let recorded: Trace | undefined;
  tf.tidy(() => {
    recorded = new Recorder(options).record(fn, inputs);
  });
  return recorded as unknown as Trace;
}

class Recorder {
  readonly #backend = nativeBackend();
  readonly #nodes: GraphNode[] = [];
  readonly #feeds: Trace['feeds'][number][] = [];
  readonly #origins = new WeakMap<object, Origin>(); // by dataId
  readonly #born = new WeakSet<object>(); // data made from host values inside the function
  readonly #constants = new Map<string, string>();
  readonly #variables = new Map<object, tf.Variable>();
  readonly #kept: tf.Tensor[] = [];
  readonly #kernels = new Map<string, Kernel>(); // by what they do

  constructor(private readonly options: TraceOptions) {}

  record(fn: (inputs: NamedTensors) => NamedTensors, inputs: NamedTensors): Trace {
    for (const variable of Object.values(tf.engine().registeredVariables)) this.#variables.set(variable.dataId, variable);
    for (const [name, tensor] of Object.entries(inputs)) this.#placeholder(tensor, name);
    const restore = this.#watch();
    let results: NamedTensors;
    try {
      results = fn(inputs);
    } finally {
      restore();
    }
    const outputs = Object.entries(results).map(([name, tensor]) => {
      const ref = this.#refOf(tensor);
      // TensorFlow refuses to fetch what is fed, so a passed-through input gets a node of its own.
      const fetched = ref.startsWith('feed') ? this.#op('Identity', [typeAttribute('T', tensor.dtype)], [ref], [tensor]) : ref;
      return { name, ref: fetched, shape: tensor.shape };
    });
    const given = new Set(Object.values(inputs));
    for (const tensor of Object.values(results)) if (!given.has(tensor) && !(tensor instanceof tf.Variable)) tensor.dispose();
    return prune({ nodes: this.#nodes, feeds: this.#feeds, outputs, kept: this.#kept, kernels: [...this.#kernels.values()] });
  }

  /** Runs `fn`, and records one call of a kernel instead of its ops. What it reads beside its inputs must be made inside. */
  #fuse(inputs: readonly tf.Tensor[], fn: () => readonly tf.Tensor[]): readonly tf.Tensor[] {
    const inner = new Recorder({});
    for (const [i, tensor] of inputs.entries()) inner.#placeholder(tensor, `${i}`);
    const restore = inner.#watch();
    let results: readonly tf.Tensor[];
    try {
      results = fn();
    } finally {
      restore();
    }
    const refs = results.map((tensor) => inner.#refOf(tensor));
    if (inner.#feeds.length > inputs.length) throw new CaptureError('fuses ops that read a tensor which is not among their inputs');
    const { nodes } = prune({
      nodes: inner.#nodes,
      feeds: inner.#feeds,
      outputs: refs.map((ref, i) => ({ name: `${i}`, ref, shape: [] })),
      kept: [],
      kernels: [],
    });
    const args = inner.#nodes.filter(({ kind }) => kind === 'placeholder'); // read or not
    const body = [...args, ...nodes.filter(({ kind }) => kind !== 'placeholder')];
    const content = JSON.stringify([body, refs], (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    );
    const kernel = this.#kernels.get(content) ?? { name: `kernel${this.#kernels.size}`, nodes: body, outputs: refs };
    this.#kernels.set(content, kernel);
    const name = `n${this.#nodes.length}_${kernel.name}`;
    const dynamic = inputs.some(({ dataId }) => this.#isDynamic(dataId));
    const outputs = results.map(({ shape, dtype }) => ({ shape, dtype }));
    const refsOfInputs = inputs.map((input) => this.#refOf(input));
    const argumentTypes = inputs.map(({ dtype }) => dtype);
    this.#nodes.push({ kind: 'call', name, kernel: kernel.name, inputs: refsOfInputs, argumentTypes, outputs });
    results.forEach(({ dataId, shape }, i) => this.#origins.set(dataId, { ref: `${name}:${i}`, shape, dynamic }));
    return results;
  }

  /** Puts itself between tfjs and TensorFlow; returns how to undo it. */
  #watch(): () => void {
    const backend = this.#backend;
    const { executeSingleOutput, executeMultipleOutputs, move, readSync } = backend;
    const before = Object.getOwnPropertyDescriptors(backend); // of a recorder around this one
    const { random } = Math;
    const { assign } = tf.Variable.prototype;
    const own: Partial<NativeBackend> = {
      executeSingleOutput: (op, attributes, given) => {
        const result = executeSingleOutput.call(backend, op, attributes, given);
        this.#executed(op, attributes, given, [result]);
        return result;
      },
      executeMultipleOutputs: (op, attributes, given, count) => {
        const results = executeMultipleOutputs.call(backend, op, attributes, given, count);
        this.#executed(op, attributes, given, results);
        return results;
      },
      move: (dataId, ...rest) => {
        this.#born.add(dataId);
        move.call(backend, dataId, ...rest);
      },
      readSync: (dataId) => {
        if (this.#isDynamic(dataId)) throw new CaptureError('reads the value of a tensor (dataSync, data, arraySync)');
        return readSync.call(backend, dataId);
      },
      after: (tensor, earlier) => {
        const result = executeSingleOutput.call(backend, 'Identity', [typeAttribute('T', tensor.dtype)], [tensor]);
        const refs = [this.#refOf(tensor), `^${nodeOf(this.#refOf(earlier))}`]; // a control input: waited for, not read
        this.#op('Identity', [typeAttribute('T', tensor.dtype)], refs, [result], this.#isDynamic(tensor.dataId));
        return result;
      },
      ...(this.options.fuse && { fuse: (given, fn) => this.#fuse(given, fn) }),
    };
    Object.assign(backend, own);
    Math.random = () => {
      throw new CaptureError('draws from Math.random, which would be the same number at every call; feed a seed');
    };
    tf.Variable.prototype.assign = () => {
      throw new CaptureError('assigns to a variable; return the new value and assign it outside');
    };
    return () => {
      for (const name of Object.keys(own) as (keyof NativeBackend)[]) {
        Reflect.deleteProperty(backend, name); // the prototype's show again
        const outer = (before as Partial<Record<keyof NativeBackend, PropertyDescriptor>>)[name];
        if (outer) Object.defineProperty(backend, name, outer);
      }
      Math.random = random;
      tf.Variable.prototype.assign = assign;
    };
  }

  #executed(op: string, attributes: readonly OpAttribute[], inputs: readonly tf.Tensor[], results: readonly tf.Tensor[]): void {
    if (stateful.test(op)) throw new CaptureError(`runs ${op}, whose draws no seed fixes; use a stateless draw with a seed that is fed`);
    if (inputs.some((input) => input.dataId === undefined))
      throw new CaptureError(`runs ${op} with a 64-bit integer, which is not recorded`);
    const dynamic = inputs.some(({ dataId }) => this.#isDynamic(dataId));
    const refs = inputs.map((input) => this.#refOf(input));
    if (op === 'BiasAddGrad' && this.#isPart(refs[0])) return this.#sumOfColumns(inputs[0], refs[0], results);
    this.#op(op, op === 'ExpandDims' ? this.#typesOfExpandDims(inputs) : attributes, refs, results, dynamic);
  }

  /**
   * With oneDNN, TensorFlow joins a BiasAddGrad with the filter gradient of a convolution that reads the same node, and does not look whether both
   * read the same output of it: gradients of biases behind a concatenation, whose gradient is a split, would be exchanged. It leaves a Sum alone.
   */
  #sumOfColumns({ dtype, rank }: tf.Tensor, ref: string, results: readonly tf.Tensor[]): void {
    const axes = Int32Array.from({ length: rank - 1 }, (_, axis) => axis);
    const attributes = [
      typeAttribute('T', dtype),
      typeAttribute('Tidx', 'int32'),
      { name: 'keep_dims', type: this.#backend.binding.TF_ATTR_BOOL, value: false },
    ];
    this.#op('Sum', attributes, [ref, this.#constant([rank - 1], 'int32', new Uint8Array(axes.buffer))], results);
  }

  #isPart(ref: string): boolean {
    const node = this.#nodes.find(({ name }) => name === nodeOf(ref));
    return node?.kind === 'op' && parts.test(node.op);
  }

  #op(op: string, attributes: readonly OpAttribute[], inputs: readonly string[], results: readonly tf.Tensor[], dynamic = true): string {
    const name = `n${this.#nodes.length}_${op}`;
    this.#nodes.push({ kind: 'op', name, op, attributes, inputs, outputs: results.map(({ shape, dtype }) => ({ shape, dtype })) });
    results.forEach(({ dataId, shape }, i) => this.#origins.set(dataId, { ref: `${name}:${i}`, shape, dynamic }));
    return `${name}:0`;
  }

  /** Data of inputs, variables and tensors from outside, and what is computed from it. */
  #isDynamic(dataId: object): boolean {
    return this.#origins.get(dataId)?.dynamic ?? !this.#born.has(dataId);
  }

  /** The node that holds a tensor's values, in the tensor's shape. */
  #refOf(tensor: tf.Tensor): string {
    const { dataId, shape, dtype } = tensor;
    let origin = this.#origins.get(dataId);
    if (!origin) {
      if (this.#born.has(dataId)) {
        origin = { ref: this.#constantOf(tensor), shape, dynamic: false };
        this.#origins.set(dataId, origin);
      } else origin = this.#outside(tensor);
    }
    if (tf.util.arraysEqual([...origin.shape], shape)) return origin.ref;
    const target = Int32Array.from(shape); // a clone with another shape shares the data
    const wanted = this.#constant([shape.length], 'int32', new Uint8Array(target.buffer));
    const name = `n${this.#nodes.length}_Reshape`;
    const attributes = [typeAttribute('T', dtype), typeAttribute('Tshape', 'int32')];
    this.#nodes.push({ kind: 'op', name, op: 'Reshape', attributes, inputs: [origin.ref, wanted], outputs: [{ shape, dtype }] });
    return `${name}:0`;
  }

  /** A variable is fed with its value at the time of the call, or is a constant; any other tensor from outside with itself. */
  #outside(tensor: tf.Tensor): Origin {
    const variable = this.#variables.get(tensor.dataId);
    if (variable && this.options.frozen) {
      const origin = { ref: this.#constantOf(tensor), shape: tensor.shape, dynamic: true };
      this.#origins.set(tensor.dataId, origin);
      return origin;
    }
    if (variable) return this.#placeholder(tensor, () => variable);
    const kept = tf.keep(tf.clone(tensor)); // its owner may free it
    this.#kept.push(kept);
    return this.#placeholder(tensor, () => kept);
  }

  #placeholder({ dataId, shape, dtype }: tf.Tensor, feed: Trace['feeds'][number]): Origin {
    const name = `feed${this.#feeds.length}`;
    this.#nodes.push({ kind: 'placeholder', name, shape, dtype });
    this.#feeds.push(feed);
    const origin = { ref: `${name}:0`, shape, dynamic: true };
    this.#origins.set(dataId, origin);
    return origin;
  }

  #constantOf({ dataId, shape, dtype }: tf.Tensor): string {
    const read = Object.getPrototypeOf(this.#backend) as NativeBackend; // without the watch for values that are read
    const { buffer, byteOffset, byteLength } = bytesOf(read.readSync.call(this.#backend, dataId), dtype);
    return this.#constant(shape, dtype, new Uint8Array(buffer, byteOffset, byteLength));
  }

  #constant(shape: readonly number[], dtype: tf.DataType, bytes: Uint8Array): string {
    const key = bytes.length <= smallConstant ? `${dtype}|${shape}|${Buffer.from(bytes).toString('base64')}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `c${this.#nodes.length}`;
    this.#nodes.push({ kind: 'constant', name, shape, dtype, bytes: bytes.slice() });
    if (key !== undefined) this.#constants.set(key, `${name}:0`);
    return `${name}:0`;
  }

  /** tfjs-node leaves them to the eager runtime to find out; a graph does not. */
  #typesOfExpandDims([input, axis]: readonly tf.Tensor[]): OpAttribute[] {
    return [typeAttribute('T', input.dtype), typeAttribute('Tdim', axis.dtype)];
  }
}

/** An attribute whose value is a type. */
export function typeAttribute(name: string, dtype: tf.DataType): OpAttribute {
  return { name, type: nativeBackend().binding.TF_ATTR_TYPE, value: typeCode(dtype) };
}

const typeCodes: Partial<Record<tf.DataType, number>> = { float32: 1, int32: 3, bool: 10 };

/** TensorFlow's number for a dtype. */
export function typeCode(dtype: tf.DataType): number {
  const code = typeCodes[dtype];
  if (code === undefined) throw new CaptureError(`uses a tensor of type ${dtype}, which is not recorded`);
  return code;
}

/** Host values as TensorFlow stores them; tfjs keeps truth values as anything. */
function bytesOf(values: tf.TypedArray, dtype: tf.DataType): ArrayBufferView {
  if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(values);
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values);
  return Uint8Array.from(values as ArrayLike<number>);
}

/** Without the nodes that no output needs; inputs that nothing reads are not fed. */
function prune({ nodes, feeds, outputs, kept, kernels }: Trace): Trace {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const needed = new Set<string>();
  const open = outputs.map(({ ref }) => nodeOf(ref));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    const node = byName.get(name);
    if (node?.kind === 'op' || node?.kind === 'call') open.push(...node.inputs.map(nodeOf));
  }
  const placeholders = nodes.filter(({ kind }) => kind === 'placeholder');
  return {
    nodes: nodes.filter(({ name }) => needed.has(name)),
    feeds: feeds.filter((_, i) => needed.has(placeholders[i].name)),
    outputs,
    kept,
    kernels,
  };
}

/** The node of a reference, of a control input too (`^name`). */
export const nodeOf = (ref: string): string => (ref.startsWith('^') ? ref.slice(1) : ref.slice(0, ref.lastIndexOf(':')));
