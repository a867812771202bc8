import { createRequire } from 'node:module';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { nativePackage } from '../native/load.js';
import { CaptureError } from './capture-error.js';
import { nativeBackend, type OpAttribute } from './native-backend.js';
import { nodeOf, typeCode, type GraphNode, type Kernel } from './trace.js';

const producer = 1882; // GraphDef version of the TensorFlow whose op defaults the eager attributes assume

/** Tag of the one graph in the model. */
export const servingTag = 'serve';

// tfjs-node ships TensorFlow's messages as generated JavaScript without types; these are the setters used here.
/* eslint-disable @typescript-eslint/no-explicit-any */
type Message = any;
let messages: Record<string, Message> | undefined;
const loadMessages = (): Record<string, Message> =>
  (messages ??= createRequire(import.meta.url)(path.join(nativePackage().folder, 'dist', 'proto', 'api_pb.js')) as Record<string, Message>);

/** An input or output of a model by the name that its users call it: the node's output that is fed or fetched. A size of -1 is any. */
export interface SignatureTensor {
  readonly ref: string;
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
}

/** What a model takes and gives: the signature `serving_default`. */
export interface Signature {
  readonly inputs: Readonly<Record<string, SignatureTensor>>;
  readonly outputs: Readonly<Record<string, SignatureTensor>>;
}

export interface SavedGraph {
  readonly nodes: readonly GraphNode[];
  readonly kernels?: readonly Kernel[];
  readonly signature?: Signature;
}

/** A SavedModel of one graph, tagged `serve`, as the bytes of its saved_model.pb. Needs the engine 'native'. */
export function encodeSavedModel({ nodes, kernels = [], signature }: SavedGraph): Uint8Array {
  const { FunctionDefLibrary, GraphDef, MetaGraphDef, SavedModel, VersionDef } = loadMessages();
  const versions = new VersionDef();
  versions.setProducer(producer);
  const graph = new GraphDef();
  graph.setVersions(versions);
  graph.setNodeList(nodes.map((node) => encodeNode(node)));
  const library = new FunctionDefLibrary();
  library.setFunctionList(kernels.map(encodeKernel));
  graph.setLibrary(library);
  const info = new MetaGraphDef.MetaInfoDef();
  info.setTagsList([servingTag]);
  const meta = new MetaGraphDef();
  meta.setMetaInfoDef(info);
  meta.setGraphDef(graph);
  if (signature) meta.getSignatureDefMap().set('serving_default', encodeSignature(signature));
  const model = new SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.setMetaGraphsList([meta]);
  return model.serializeBinary() as Uint8Array;
}

function encodeSignature({ inputs, outputs }: Signature): Message {
  const { SignatureDef, TensorInfo } = loadMessages();
  const definition = new SignatureDef();
  definition.setMethodName('tensorflow/serving/predict');
  for (const [map, tensors] of [
    [definition.getInputsMap(), inputs],
    [definition.getOutputsMap(), outputs],
  ] as const) {
    for (const [name, { ref, dtype, shape }] of Object.entries(tensors)) {
      const info = new TensorInfo();
      info.setName(ref);
      info.setDtype(typeCode(dtype));
      info.setTensorShape(encodeShape(shape));
      map.set(name, info);
    }
  }
  return definition;
}

/**
 * A function that XLA compiles to one loop over memory. Inside a function a reference names the output of the op that it takes:
 * `node:output_name:index`; arguments are bare names.
 */
function encodeKernel({ name, nodes, outputs }: Kernel): Message {
  const { FunctionDef, OpDef } = loadMessages();
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const within = (ref: string): string => {
    const node = byName.get(nodeOf(ref)) as GraphNode;
    if (node.kind === 'placeholder') return node.name;
    const output = node.kind === 'op' ? outputNames[node.op] : 'output';
    if (output === undefined) throw new CaptureError(`fuses ${node.name}, an op that no kernel may hold`);
    return `${node.name}:${output}:0`;
  };
  const argument = (argumentName: string, dtype: tf.DataType): Message => {
    const definition = new OpDef.ArgDef();
    definition.setName(argumentName);
    definition.setType(typeCode(dtype));
    return definition;
  };
  const signature = new OpDef();
  signature.setName(name);
  signature.setInputArgList(nodes.flatMap((node) => (node.kind === 'placeholder' ? [argument(node.name, node.dtype)] : [])));
  signature.setOutputArgList(outputs.map((ref, i) => argument(`result${i}`, dtypeOf(byName.get(nodeOf(ref)) as GraphNode))));
  const definition = new FunctionDef();
  definition.setSignature(signature);
  definition.setNodeDefList(nodes.filter(({ kind }) => kind !== 'placeholder').map((node) => encodeNode(node, within)));
  for (const [i, ref] of outputs.entries()) definition.getRetMap().set(`result${i}`, within(ref));
  const attributes = definition.getAttrMap();
  for (const flag of ['_XlaMustCompile', '_noinline']) attributes.set(flag, value((v) => v.setB(true))); // prettier-ignore
  return definition;
}

/** What TensorFlow's op definitions call the output of the ops that kernels are made of. */
const outputNames: Readonly<Record<string, string>> = {
  ...named('z', 'Add', 'AddV2', 'DivNoNan', 'Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr'),
  ...named('z', 'Maximum', 'Minimum', 'Mul', 'NotEqual', 'Pow', 'RealDiv', 'SquaredDifference', 'Sub'),
  ...named('y', 'Abs', 'Cast', 'Cos', 'Erf', 'Exp', 'Expm1', 'Floor', 'Log', 'Log1p', 'LogicalNot', 'Neg', 'Reciprocal', 'Rsqrt'),
  ...named('y', 'OnesLike', 'Sigmoid', 'Sign', 'Sin', 'Sqrt', 'Square', 'Tanh', 'ZerosLike'),
  ...named('activations', 'Relu', 'Softplus'),
  ...named('backprops', 'ReluGrad', 'SoftplusGrad'),
  ...named(
    'output',
    'ExpandDims',
    'Identity',
    'Max',
    'Mean',
    'Min',
    'Reshape',
    'Select',
    'SelectV2',
    'Squeeze',
    'Sum',
    'Tile',
    'Transpose',
  ),
};

function named(output: string, ...ops: string[]): Record<string, string> {
  return Object.fromEntries(ops.map((op) => [op, output]));
}

const dtypeOf = (node: GraphNode): tf.DataType => ('dtype' in node ? node.dtype : node.outputs[0].dtype);

/** @param reference how the definition names an input: in the graph as recorded */
function encodeNode(node: GraphNode, reference: (ref: string) => string = (ref) => ref): Message {
  const definition = new (loadMessages().NodeDef)();
  definition.setName(node.name);
  const attributes = definition.getAttrMap();
  if (node.kind === 'op') {
    definition.setOp(node.op);
    definition.setInputList(node.inputs.map(reference));
    for (const attribute of node.attributes) attributes.set(attribute.name, encodeAttribute(attribute));
    return definition;
  }
  if (node.kind === 'call') {
    definition.setOp('PartitionedCall');
    definition.setInputList(node.inputs.map(reference));
    const types = (dtypes: readonly tf.DataType[]): Message => {
      const list = new (loadMessages().AttrValue.ListValue)();
      list.setTypeList(dtypes.map(typeCode));
      return value((v) => v.setList(list));
    };
    const called = new (loadMessages().NameAttrList)();
    called.setName(node.kernel);
    attributes.set('Tin', types(node.argumentTypes));
    attributes.set('Tout', types(node.outputs.map(({ dtype }) => dtype)));
    attributes.set('f', value((v) => v.setFunc(called))); // prettier-ignore
    attributes.set('config_proto', value((v) => v.setS(new Uint8Array()))); // prettier-ignore
    attributes.set('_XlaMustCompile', value((v) => v.setB(true))); // prettier-ignore
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
