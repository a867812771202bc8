import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Numbers of the types in ONNX's TensorProto.DataType. */
export const dataTypes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
export type OnnxType = keyof typeof dataTypes;

/** An attribute: whole numbers are stored as such, so a real number is marked. */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly opType: string;
  inputs: string[];
  outputs: string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array; // little-endian
}

/** An input or output; a string among the sizes names one that is known only when the model runs, '' is one without a name. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

const irVersion = 9; // of ONNX 1.15, the first with opset 20

/**
 * The bytes of a ModelProto (onnx.proto, version 9), in pieces: the weights are not copied. Field numbers stand beside each field.
 */
export function encodeModel({ opset, nodes, initializers, inputs, outputs }: OnnxModel): Uint8Array[] {
  const graph = [
    ...nodes.map((node) => message(1, (w) => writeNode(w, node))),
    message(2, (w) => w.raw(new TextEncoder().encode('model'))), // name
    ...initializers.flatMap(encodeInitializer), // 5
    ...inputs.map((value) => message(11, (w) => writeValue(w, value))),
    ...outputs.map((value) => message(12, (w) => writeValue(w, value))),
  ];
  const header = new BinaryWriter();
  header.tag(1, WireType.Varint).int64(irVersion);
  header.tag(2, WireType.LengthDelimited).string('@rs/export'); // producer_name
  header.tag(8, WireType.LengthDelimited).fork(); // opset_import, of the default domain
  header.tag(2, WireType.Varint).int64(opset).join();
  header.tag(7, WireType.LengthDelimited).uint32(graph.reduce((sum, { length }) => sum + length, 0));
  return [header.finish(), ...graph];
}

/** A length-delimited field. */
function message(field: number, write: (writer: BinaryWriter) => unknown): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  return writer.join().finish();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function writeNode(writer: BinaryWriter, { opType, inputs, outputs, attributes }: OnnxNode): void {
  for (const name of inputs) text(writer, 1, name);
  for (const name of outputs) text(writer, 2, name);
  text(writer, 3, outputs[0]); // name
  text(writer, 4, opType);
  for (const [name, value] of Object.entries(attributes)) {
    writer.tag(5, WireType.LengthDelimited).fork();
    writeAttribute(writer, name, value);
    writer.join();
  }
}

function writeAttribute(writer: BinaryWriter, name: string, value: OnnxAttribute): void {
  const kinds = { FLOAT: 1, INT: 2, STRING: 3, INTS: 7 };
  const kind = (code: number): void => void writer.tag(20, WireType.Varint).int32(code);
  text(writer, 1, name);
  if (typeof value === 'string') {
    text(writer, 4, value);
    kind(kinds.STRING);
  } else if (typeof value === 'number') {
    writer.tag(3, WireType.Varint).int64(value);
    kind(kinds.INT);
  } else if ('float' in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    kind(kinds.FLOAT);
  } else {
    for (const item of value) writer.tag(8, WireType.Varint).int64(item);
    kind(kinds.INTS);
  }
}

/** Without its values, then the values as they are. */
function encodeInitializer({ name, type, shape, bytes }: OnnxTensor): Uint8Array[] {
  const writer = new BinaryWriter();
  for (const size of shape) writer.tag(1, WireType.Varint).int64(size); // dims
  writer.tag(2, WireType.Varint).int32(dataTypes[type]);
  text(writer, 8, name);
  writer.tag(9, WireType.LengthDelimited).uint32(bytes.length); // raw_data
  const description = writer.finish();
  const field = new BinaryWriter().tag(5, WireType.LengthDelimited).uint32(description.length + bytes.length);
  return [field.finish(), description, bytes];
}

function writeValue(writer: BinaryWriter, { name, type, shape }: OnnxValue): void {
  text(writer, 1, name);
  writer.tag(2, WireType.LengthDelimited).fork(); // type
  writer.tag(1, WireType.LengthDelimited).fork(); // tensor_type
  writer.tag(1, WireType.Varint).int32(dataTypes[type]);
  writer.tag(2, WireType.LengthDelimited).fork(); // shape
  for (const size of shape) {
    writer.tag(1, WireType.LengthDelimited).fork(); // dim
    if (typeof size === 'number') writer.tag(1, WireType.Varint).int64(size);
    else if (size !== '') text(writer, 2, size);
    writer.join();
  }
  writer.join().join().join();
}
