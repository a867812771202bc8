import { isDtype, type Dtype } from './host-tensor.js';
import { Global, Opaque, TensorView, type Storage } from './pickle-values.js';

const storageClasses: Readonly<Record<string, Dtype>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

const torchDtypes: Readonly<Record<string, Dtype>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  uint64: 'U64',
  int32: 'I32',
  uint32: 'U32',
  int16: 'I16',
  uint16: 'U16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};

const functions: Readonly<Record<string, (args: readonly unknown[]) => unknown>> = {
  'collections.OrderedDict': ([pairs]) => toMap(pairs),
  'collections.Counter': ([counts]) => toMap(counts), // in the state of some learning-rate schedules
  'argparse.Namespace': () => new Opaque('argparse.Namespace'), // the options of the training script
  'torch.device': () => new Opaque('torch.device'),
  'torch.Size': ([sizes]) => list('torch.Size', sizes),
  'torch._utils._rebuild_tensor': ([storage, offset, shape, strides]) => view(storage, undefined, offset, shape, strides),
  'torch._utils._rebuild_tensor_v2': ([storage, offset, shape, strides]) => view(storage, undefined, offset, shape, strides),
  'torch._utils._rebuild_tensor_v3': ([storage, offset, shape, strides, _grad, _hooks, dtype]) =>
    view(storage, dtype, offset, shape, strides),
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
  'torch._utils._rebuild_parameter_with_state': ([tensor]) => tensor,
  'torch._tensor._rebuild_from_type_v2': ([rebuild, _type, args]) => callGlobal(rebuild, args), // a tensor with attributes of its own
};

/** Classes that are only named, as the type of something: never called. */
const named = ['torch.Tensor', 'torch.nn.parameter.Parameter'];

/**
 * The meaning of a name that a pickle refers to. Only what tensors need is known; nothing is ever looked up or run.
 *
 * @throws Error that names the refused class or function
 */
export function resolveGlobal(module: string, name: string): Global {
  const full = `${module}.${name}`;
  if (Object.hasOwn(functions, full)) return new Global(full, { call: functions[full] });
  if (named.includes(full)) return new Global(full, {});
  if (full === 'torch.storage.UntypedStorage' || full === 'torch.UntypedStorage') return new Global(full, { storage: 'untyped' });
  if (module === 'torch' && Object.hasOwn(storageClasses, name)) return new Global(full, { storage: storageClasses[name] });
  if (module === 'torch' && Object.hasOwn(torchDtypes, name)) return new Global(full, { dtype: torchDtypes[name] });
  throw new Error(
    `refused ${printable(full)}: only tensors are read from a pickle, and no code is run. ` +
      'In Python, save the tensors alone: torch.save(model.state_dict(), file)',
  );
}

export function callGlobal(callee: unknown, args: unknown): unknown {
  if (!(callee instanceof Global) || !callee.meaning.call) {
    throw new Error(`the pickle calls ${callee instanceof Global ? callee.name : 'something that is not a function'}`);
  }
  return callee.meaning.call(list(callee.name, args));
}

/** The persistent id of torch.save: ("storage", class, key, location, number of elements[, view]). */
export function resolveStorage(id: unknown): Storage {
  const [kind, type, key, , count, viewOf] = list('a persistent id', id);
  if (kind !== 'storage' || typeof key !== 'string' || !(type instanceof Global) || type.meaning.storage === undefined) {
    throw new Error('the pickle refers to something outside it that is not a storage of tensors');
  }
  if (viewOf !== null && viewOf !== undefined)
    throw new Error(`storage ${printable(key)} is a view of another, which PyTorch before 0.4 wrote; save the file again`);
  return { key, dtype: type.meaning.storage, count: size(`storage ${printable(key)}`, count) };
}

function view(storage: unknown, dtype: unknown, offset: unknown, shape: unknown, strides: unknown): TensorView {
  if (!isStorage(storage)) throw new Error('a tensor of the pickle has no storage');
  const type = dtype === undefined ? storage.dtype : dtype instanceof Global ? dtype.meaning.dtype : undefined;
  if (!isDtype(type)) throw new Error('a tensor of the pickle has no element type');
  const sizes = list('the shape of a tensor', shape);
  const steps = list('the strides of a tensor', strides);
  if (sizes.length > maxRank || sizes.length !== steps.length) {
    throw new Error(`a tensor has ${sizes.length} sizes and ${steps.length} strides; as many of both, at most ${maxRank}, are read`);
  }
  return new TensorView(
    storage,
    type,
    size('the offset of a tensor', offset),
    sizes.map((value) => size('the shape of a tensor', value)),
    steps.map((value) => size('the strides of a tensor', value)),
  );
}

const maxRank = 64; // PyTorch's own limit

const isStorage = (value: unknown): value is Storage => typeof value === 'object' && value !== null && 'count' in value && 'key' in value;

const mapOfPairs = new WeakMap<readonly unknown[], Map<unknown, unknown>>(); // a list recalled a million times is turned once

/** A dictionary from nothing, from a dictionary, or from a list of pairs as Python 2 wrote it. */
function toMap(items: unknown): Map<unknown, unknown> {
  if (items === undefined) return new Map();
  if (items instanceof Map) return items;
  const pairs = list('the items of a dictionary', items);
  const known = mapOfPairs.get(pairs);
  if (known) return known;
  const map = new Map(pairs.map((pair) => list('an item of a dictionary', pair) as [unknown, unknown]));
  mapOfPairs.set(pairs, map);
  return map;
}

function list(what: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what}: a tuple or list was expected in the pickle`);
  return value;
}

function size(what: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Error(`${what}: a size was expected in the pickle`);
  return value;
}

/** Names come from the file: cut, and without control characters. */
const printable = (text: string): string => text.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
