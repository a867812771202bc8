import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nativePackage } from '../native/load.js';
import { nativeBackend, type NativeBackend, type OpAttribute } from './native-backend.js';
import { typeCode, type GraphNode, type NamedTensors, type Trace } from './trace.js';

const producer = 1882; // GraphDef version of the TensorFlow whose op defaults the eager attributes assume
const servingTag = 'serve'; // tag of the one graph in the model

/** A recorded graph in a TensorFlow session. */
export class Graph {
  readonly #backend: NativeBackend = nativeBackend();
  readonly #session: number;
  readonly #feedNames: string;
  readonly #fetchNames: string;

  constructor(private readonly recorded: Trace) {
    const folder = mkdtempSync(path.join(tmpdir(), 'rs-graph-'));
    try {
      mkdirSync(path.join(folder, 'variables')); // none, but the format wants the folder
      writeFileSync(path.join(folder, 'saved_model.pb'), encodeSavedModel(recorded.nodes));
      this.#session = this.#backend.binding.loadSavedModel(folder, servingTag);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    this.#feedNames = recorded.nodes.flatMap(({ kind, name }) => (kind === 'placeholder' ? [`${name}:0`] : [])).join(',');
    this.#fetchNames = recorded.outputs.map(({ ref }) => ref).join(',');
  }

  /** The outputs by name; the caller owns them. */
  run(inputs: NamedTensors): NamedTensors {
    const fed = this.recorded.feeds.map((feed) => (typeof feed === 'string' ? inputs[feed] : feed()));
    const results = this.#backend.binding.runSavedModel(
      this.#session,
      this.#backend.getInputTensorIds(fed),
      this.#feedNames,
      this.#fetchNames,
    );
    return Object.fromEntries(this.recorded.outputs.map(({ name }, i) => [name, this.#backend.createOutputTensor(results[i])]));
  }

  dispose(): void {
    this.#backend.binding.deleteSavedModel(this.#session);
    for (const tensor of this.recorded.kept) tensor.dispose();
  }
}

// tfjs-node ships TensorFlow's messages as generated JavaScript without types; these are the setters used here.
/* eslint-disable @typescript-eslint/no-explicit-any */
type Message = any;
let messages: Record<string, Message> | undefined;
const loadMessages = (): Record<string, Message> =>
  (messages ??= createRequire(import.meta.url)(path.join(nativePackage().folder, 'dist', 'proto', 'api_pb.js')) as Record<string, Message>);

function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const { GraphDef, MetaGraphDef, SavedModel, VersionDef } = loadMessages();
  const versions = new VersionDef();
  versions.setProducer(producer);
  const graph = new GraphDef();
  graph.setVersions(versions);
  graph.setNodeList(nodes.map(encodeNode));
  const info = new MetaGraphDef.MetaInfoDef();
  info.setTagsList([servingTag]);
  const meta = new MetaGraphDef();
  meta.setMetaInfoDef(info);
  meta.setGraphDef(graph);
  const model = new SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.setMetaGraphsList([meta]);
  return model.serializeBinary() as Uint8Array;
}

function encodeNode(node: GraphNode): Message {
  const definition = new (loadMessages().NodeDef)();
  definition.setName(node.name);
  const attributes = definition.getAttrMap();
  if (node.kind === 'op') {
    definition.setOp(node.op);
    definition.setInputList([...node.inputs]);
    for (const attribute of node.attributes) attributes.set(attribute.name, encodeAttribute(attribute));
    return definition;
  }
  definition.setOp(node.kind === 'constant' ? 'Const' : 'Placeholder');
  attributes.set(
    'dtype',
    value((v) => v.setType(typeCode(node.dtype))),
  );
  if (node.kind === 'placeholder')
    attributes.set(
      'shape',
      value((v) => v.setShape(encodeShape(node.shape))),
    );
  else {
    const tensor = new (loadMessages().Tensor)();
    tensor.setDtype(typeCode(node.dtype));
    tensor.setTensorShape(encodeShape(node.shape));
    tensor.setTensorContent(node.bytes);
    attributes.set('value', value((v) => v.setTensor(tensor))); // prettier-ignore
  }
  return definition;
}

function value(set: (v: Message) => void): Message {
  const v = new (loadMessages().AttrValue)();
  set(v);
  return v;
}

function encodeShape(shape: readonly number[]): Message {
  const { TensorShape } = loadMessages();
  const encoded = new TensorShape();
  encoded.setDimList(
    shape.map((size) => {
      const dimension = new TensorShape.Dim();
      dimension.setSize(size);
      return dimension;
    }),
  );
  return encoded;
}

/** An attribute as tfjs hands it to the addon, as the graph stores it. */
function encodeAttribute({ name, type, value: given }: OpAttribute): Message {
  const { TF_ATTR_STRING, TF_ATTR_INT, TF_ATTR_FLOAT, TF_ATTR_BOOL, TF_ATTR_TYPE, TF_ATTR_SHAPE } = nativeBackend().binding;
  if (type === TF_ATTR_SHAPE) return value((v) => v.setShape(encodeShape(given as number[])));
  if (Array.isArray(given)) {
    const list = new (loadMessages().AttrValue.ListValue)();
    if (type === TF_ATTR_INT) list.setIList(given);
    else if (type === TF_ATTR_FLOAT) list.setFList(given);
    else if (type === TF_ATTR_BOOL) list.setBList(given);
    else throw new Error(`capture: the attribute ${name} is a list of a kind that graphs are not written with`);
    return value((v) => v.setList(list));
  }
  return value((v) => {
    if (type === TF_ATTR_STRING) v.setS(new Uint8Array(Buffer.from(given as string)));
    else if (type === TF_ATTR_INT) v.setI(given);
    else if (type === TF_ATTR_FLOAT) v.setF(given);
    else if (type === TF_ATTR_BOOL) v.setB(given);
    else if (type === TF_ATTR_TYPE) v.setType(given);
    else throw new Error(`capture: the attribute ${name} is of a kind that graphs are not written with`);
  });
}
