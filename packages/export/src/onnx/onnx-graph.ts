import type { OnnxAttribute, OnnxNode, OnnxTensor, OnnxType, OnnxValue } from './proto.js';

export type OnnxAttributes = OnnxNode['attributes'];

/** ONNX nodes and initializers under construction. Values are known by name. */
export class OnnxGraph {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #producers = new Map<string, OnnxNode>();
  readonly #names: Set<string>;
  readonly #known = new Map<string, string>(); // what is written once: by content

  /** @param reserved names of inputs and outputs */
  constructor(reserved: readonly string[]) {
    this.#names = new Set(reserved);
  }

  /** A node of one output, by name. */
  add(opType: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    return this.addAll(opType, inputs, attributes, 1)[0];
  }

  /** A node of several outputs. */
  addAll(opType: string, inputs: readonly string[], attributes: OnnxAttributes, count: number): string[] {
    const stem = this.#fresh(opType.toLowerCase());
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? stem : this.#fresh(`${stem}_${i}`)));
    const node = { opType, inputs: [...inputs], outputs, attributes };
    this.#nodes.push(node);
    for (const output of outputs) this.#producers.set(output, node);
    return outputs;
  }

  /** A node that costs time and moves nothing new: the one that is there already, if there is one. */
  addOnce(opType: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    return this.#once(JSON.stringify([opType, inputs, attributes]), () => this.add(opType, inputs, attributes));
  }

  /** Whether `addOnce` has been called so. */
  has(opType: string, inputs: readonly string[], attributes: OnnxAttributes): boolean {
    return this.#known.has(JSON.stringify([opType, inputs, attributes]));
  }

  /** An initializer, under the name or one like it. Equal small ones are one. */
  initializer(name: string, type: OnnxType, shape: readonly number[], bytes: Uint8Array): string {
    const write = (): string => {
      const unique = this.#fresh(name);
      this.#initializers.set(unique, { name: unique, type, shape, bytes });
      return unique;
    };
    return bytes.length > 4096 ? write() : this.#once(JSON.stringify([type, shape, Buffer.from(bytes).toString('base64')]), write);
  }

  int64(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.initializer('sizes', 'int64', shape, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  float32(values: readonly number[], shape: readonly number[] = []): string {
    return this.initializer('constant', 'float32', shape, new Uint8Array(Float32Array.from(values).buffer));
  }

  /** The axes rearranged: what two in a row do in one, and nothing where they undo each other. */
  transpose(name: string, perm: readonly number[]): string {
    const producer = this.#producers.get(name);
    if (producer?.opType === 'Transpose') {
      const before = producer.attributes.perm as readonly number[];
      return this.transpose(
        producer.inputs[0],
        perm.map((axis) => before[axis]),
      );
    }
    return perm.every((axis, i) => axis === i) ? name : this.addOnce('Transpose', [name], { perm });
  }

  producer(name: string): OnnxNode | undefined {
    return this.#producers.get(name);
  }

  /** Gives the outputs their names; then without what none of them needs. */
  finish(results: readonly { readonly name: string; readonly from: string }[]): {
    readonly nodes: readonly OnnxNode[];
    readonly initializers: readonly OnnxTensor[];
  } {
    const renamed = new Map<string, string>();
    for (const { name, from } of results) {
      if (this.#producers.has(from) && !renamed.has(from)) renamed.set(from, name);
      else this.#nodes.push({ opType: 'Identity', inputs: [from], outputs: [name], attributes: {} });
    }
    const rename = (name: string): string => renamed.get(name) ?? name;
    for (const node of this.#nodes) {
      node.inputs = node.inputs.map(rename);
      node.outputs = node.outputs.map(rename);
    }
    const needed = new Set(results.map(({ name }) => name));
    const nodes = this.#nodes
      .toReversed()
      .filter(({ inputs, outputs }) => {
        const used = outputs.some((name) => needed.has(name));
        if (used) for (const name of inputs) needed.add(name);
        return used;
      })
      .reverse();
    return { nodes, initializers: [...this.#initializers.values()].filter(({ name }) => needed.has(name)) };
  }

  #once(content: string, write: () => string): string {
    const known = this.#known.get(content);
    if (known !== undefined) return known;
    const name = write();
    this.#known.set(content, name);
    return name;
  }

  #fresh(stem: string): string {
    let name = stem;
    for (let i = 1; this.#names.has(name); i++) name = `${stem}_${i}`;
    this.#names.add(name);
    return name;
  }
}

export type { OnnxAttribute, OnnxValue };
