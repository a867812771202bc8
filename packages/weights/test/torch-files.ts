import { crc32 } from 'node:zlib';

/** A tensor as the builders below put it into a PyTorch file. */
export interface SavedTensor {
  readonly storage: string; // key
  readonly storageClass: string; // FloatStorage
  readonly count: number; // elements of the storage
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A small pickler (protocol 2): each method returns the opcodes of one value. */
export const pickle = {
  string: (text: string): Buffer => Buffer.concat([Buffer.from('X'), uint32(Buffer.byteLength(text)), Buffer.from(text)]),
  int: (value: number): Buffer => {
    if (value < 2 ** 31) return Buffer.concat([Buffer.from('J'), uint32(value)]);
    const long = Buffer.alloc(10);
    long[0] = 0x8a;
    long[1] = 8;
    long.writeBigInt64LE(BigInt(value), 2);
    return long;
  },
  none: Buffer.from('N'),
  true: Buffer.from([0x88]),
  global: (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`),
  tuple: (...items: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  list: (items: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from(']('), ...items, Buffer.from('e')]),
  dict: (items: readonly (readonly [Buffer, Buffer])[]): Buffer => Buffer.concat([Buffer.from('}('), ...items.flat(), Buffer.from('u')]),
  call: (callee: Buffer, ...args: readonly Buffer[]): Buffer => Buffer.concat([callee, pickle.tuple(...args), Buffer.from('R')]),
  persistent: (id: Buffer): Buffer => Buffer.concat([id, Buffer.from('Q')]),
  tensor: ({ storage, storageClass, count, offset, shape, strides }: SavedTensor, legacy = false): Buffer => {
    const id = [
      pickle.string('storage'),
      pickle.global('torch', storageClass),
      pickle.string(storage),
      pickle.string('cpu'),
      pickle.int(count),
    ];
    return pickle.call(
      pickle.global('torch._utils', '_rebuild_tensor_v2'),
      pickle.persistent(pickle.tuple(...id, ...(legacy ? [pickle.none] : []))),
      pickle.int(offset),
      pickle.tuple(...shape.map(pickle.int)),
      pickle.tuple(...strides.map(pickle.int)),
      Buffer.from([0x89]),
      pickle.call(pickle.global('collections', 'OrderedDict')),
    );
  },
  stateDict: (tensors: ReadonlyMap<string, SavedTensor>, legacy = false): Buffer =>
    pickle.dict([...tensors].map(([name, tensor]) => [pickle.string(name), pickle.tensor(tensor, legacy)])),
  file: (value: Buffer): Buffer => Buffer.concat([Buffer.from([0x80, 2]), value, Buffer.from('.')]),
};

/** A PyTorch zip: `archive/data.pkl`, `archive/byteorder` and the storages. */
export function torchZip(value: Buffer, storages: ReadonlyMap<string, Buffer>, byteorder = 'little'): Buffer {
  const entries = new Map([
    ['archive/data.pkl', pickle.file(value)],
    ['archive/byteorder', Buffer.from(byteorder)],
  ]);
  for (const [key, bytes] of storages) entries.set(`archive/data/${key}`, bytes);
  return zip(entries);
}

export function torchLegacy(value: Buffer, storages: ReadonlyMap<string, { count: number; bytes: Buffer }>): Buffer {
  const keys = [...storages.keys()];
  const parts = [Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex'), pickle.file(pickle.int(1001)), pickle.file(pickle.dict([]))];
  parts.push(pickle.file(value), pickle.file(pickle.list(keys.map(pickle.string))));
  for (const { count, bytes } of storages.values()) parts.push(uint64(count), bytes);
  return Buffer.concat(parts);
}

/** A zip archive; `method` and `declared` lie about the entries where a test wants them to. */
export function zip(entries: ReadonlyMap<string, Buffer>, { method = 0, declared }: { method?: number; declared?: number } = {}): Buffer {
  const bodies: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of entries) {
    const facts = Buffer.concat([
      uint16(20), // version needed
      uint16(0),
      uint16(method),
      uint32(0), // time and date
      uint32(crc32(bytes)),
      uint32(bytes.length),
      uint32(declared ?? bytes.length),
      uint16(Buffer.byteLength(name)),
      uint16(0),
    ]);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, Buffer.from(name), bytes]);
    bodies.push(local);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), uint16(20), facts, Buffer.alloc(10), uint32(offset), Buffer.from(name)]));
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = [
    Buffer.from('PK\x05\x06'),
    uint32(0),
    uint16(entries.size),
    uint16(entries.size),
    uint32(directory.length),
    uint32(offset),
    uint16(0),
  ];
  return Buffer.concat([...bodies, directory, ...end]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
