import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  openCheckpoint,
  readCheckpoint,
  readSafetensors,
  WeightsFileError,
  type Dtype,
  type HostData,
  type HostTensor,
} from '../src/index.js';
import { pickle, torchLegacy, torchZip, zip, type SavedTensor } from './torch-files.js';
import { count, shape, values } from './tensors.js';

const samples = fileURLToPath(new URL('../../../tools/conformance/samples/checkpoints/', import.meta.url));
const sampleNames = readdirSync(samples).filter((name) => !name.endsWith('.safetensors'));

test.each(sampleNames)('%s holds what PyTorch finds in it, bit for bit', async (name) => {
  const got = await readCheckpoint(samples + name);
  expect(new Map(got)).toEqual(await readSafetensors(`${samples}${name}.expected.safetensors`));
  expect(await readCheckpoint(readFileSync(samples + name))).toEqual(got);
});

const storageClasses = {
  F64: 'DoubleStorage',
  F32: 'FloatStorage',
  I64: 'LongStorage',
  I32: 'IntStorage',
  I16: 'ShortStorage',
  I8: 'CharStorage',
  U8: 'ByteStorage',
  BOOL: 'BoolStorage',
} as const satisfies Partial<Record<Dtype, string>>;
type Stored = keyof typeof storageClasses;

interface Drawn {
  readonly dtype: Stored;
  readonly data: HostData; // of the storage
  readonly view: SavedTensor;
}

/** A storage and a view of it: its sizes in any order of the axes, from any offset, axes of stride 0 included. */
const drawn: fc.Arbitrary<Drawn> = fc
  .record({ dtype: fc.constantFrom(...(Object.keys(storageClasses) as Stored[])), sizes: shape, offset: fc.nat(3), seed: fc.nat() })
  .chain(({ dtype, sizes, offset, seed }) => {
    const order = sizes.map((_, axis) => axis).sort((a, b) => ((seed >> a) & 1) - ((seed >> b) & 1) || a - b);
    const strides = sizes.map(() => 0);
    let step = 1;
    for (const axis of order) {
      if ((seed >> (8 + axis)) % 5 === 0) continue; // expanded
      strides[axis] = step;
      step *= sizes[axis];
    }
    const length = offset + Math.max(step, 1) + (seed % 3);
    return values[dtype](length).map((data) => ({
      dtype,
      data,
      view: { storage: 's', storageClass: storageClasses[dtype], count: length, offset, shape: sizes, strides },
    }));
  });

const bytesOf = (data: HostData): Buffer => Buffer.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

function swapped(data: HostData): Buffer {
  const bytes = bytesOf(data);
  const size = data.BYTES_PER_ELEMENT;
  return size === 8 ? bytes.swap64() : size === 4 ? bytes.swap32() : size === 2 ? bytes.swap16() : bytes;
}

/** The slow reference: element by element from its indices. */
function expected({ dtype, data, view }: Drawn): HostTensor {
  const indices = (axis: number): number[][] =>
    axis < 0 ? [[]] : indices(axis - 1).flatMap((head) => Array.from({ length: view.shape[axis] }, (_, i) => [...head, i]));
  const places = indices(view.shape.length - 1).map((index) =>
    index.reduce((place, i, axis) => place + i * view.strides[axis], view.offset),
  );
  const gathered = new (data.constructor as new (length: number) => HostData)(count(view.shape));
  places.forEach((place, i) => (gathered[i] = data[place]));
  return { dtype, shape: view.shape, data: gathered };
}

test('any view of any storage, zip of both byte orders and legacy, is what indexing gives', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async (tensor) => {
      const { data, view } = tensor;
      const dict = new Map([['w', view]]);
      const want = new Map([['w', expected(tensor)]]);
      expect(await readCheckpoint(torchZip(pickle.stateDict(dict), new Map([['s', bytesOf(data)]])))).toEqual(want);
      expect(await readCheckpoint(torchZip(pickle.stateDict(dict), new Map([['s', swapped(data)]]), 'big'))).toEqual(want);
      const legacy = torchLegacy(pickle.stateDict(dict, true), new Map([['s', { count: data.length, bytes: bytesOf(data) }]]));
      expect(await readCheckpoint(legacy)).toEqual(want);
    }),
    { numRuns: 150, seed: 1 },
  );
});

test('lists the same names, types and shapes without reading values', async () => {
  for (const name of sampleNames) {
    const opened = await openCheckpoint(samples + name);
    for (const [key, { dtype, shape: sizes }] of opened.tensors) expect(await opened.read(key)).toMatchObject({ dtype, shape: sizes });
    await expect(opened.read('nothing')).rejects.toThrow(/no tensor nothing; there are /);
    await opened.close();
  }
});

test('a cut or changed checkpoint gives whole tensors or an error that names it, soon', async () => {
  const files = sampleNames.map((name) => readFileSync(samples + name));
  const damage = fc.record({
    file: fc.nat(files.length - 1),
    cut: fc.option(fc.nat(), { freq: 3 }),
    changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ file, cut, changes }) => {
      const bytes = Buffer.from(files[file]);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      try {
        const tensors = await readCheckpoint(cut === null ? bytes : bytes.subarray(0, cut % bytes.length));
        for (const { shape: sizes, data } of tensors.values()) expect(data.length).toBe(count(sizes));
      } catch (error) {
        expect(error).toBeInstanceOf(WeightsFileError);
        expect((error as Error).message).toMatch(/^<bytes>: /);
      }
    }),
    { numRuns: 1500, seed: 2 },
  );
}, 60_000);

const storage = new Map([['s', Buffer.alloc(16)]]);
const saved = (view: Partial<SavedTensor>): SavedTensor => ({
  storage: 's',
  storageClass: 'FloatStorage',
  count: 4,
  offset: 0,
  shape: [4],
  strides: [1],
  ...view,
});
const withTensor = (view: Partial<SavedTensor>): Buffer => torchZip(pickle.stateDict(new Map([['w', saved(view)]])), storage);
const withValue = (value: Buffer): Buffer => torchZip(pickle.dict([[pickle.string('a'), value]]), storage);
const absurd = 2 ** 40;

test.each<[string, Buffer, RegExp]>([
  ['nothing', Buffer.alloc(0), /is empty/],
  ['text', Buffer.from('hello there, this is text'), /neither safetensors nor a PyTorch checkpoint/],
  ['a web page', Buffer.from('<!doctype html><p>Log in'), /a web page/],
  ['a pickle of something else', pickle.file(pickle.dict([])), /a pickle, but not one of torch.save/],
  ['a zip archive of something else', zip(new Map([['a.txt', Buffer.from('a')]])), /not one of PyTorch: it has no data.pkl/],
  ['a compressed entry', zip(new Map([['a/data.pkl', Buffer.alloc(9)]]), { method: 8 }), /entry a\/data.pkl is compressed/],
  ['an entry that claims to be larger', zip(new Map([['a/data.pkl', Buffer.alloc(9)]]), { declared: 2 ** 31 }), /size/i],
  [
    'code that would run',
    withValue(pickle.call(pickle.global('posix', 'system'), pickle.string('id'))),
    /refused posix\.system: only tensors/,
  ],
  ['code by a built-in', withValue(pickle.call(pickle.global('builtins', 'eval'), pickle.string('1'))), /refused builtins\.eval/],
  [
    'a whole model',
    withValue(pickle.global('torch.nn.modules.conv', 'Conv2d')),
    /torch\.nn\.modules\.conv\.Conv2d.*torch\.save\(model\.state_dict/,
  ],
  ['a name of Object.prototype', withValue(pickle.global('torch', 'constructor')), /refused torch\.constructor/],
  ['a call of what is no function', withValue(pickle.call(pickle.global('torch', 'float32'))), /calls torch\.float32/],
  ['an opcode that tensors do not need', withValue(Buffer.from('I1\n')), /refused the pickle opcode 0x49 at byte/],
  ['a text longer than the file', withValue(Buffer.from('X\xff\xff\xff\x7fab', 'latin1')), /the pickle is cut off/],
  ['a value that was not kept', withValue(Buffer.from([0x68, 9])), /recalls 9, which it did not keep/],
  ['an empty stack', withValue(Buffer.from('00000')), /empty stack/],
  ['a group that was not begun', torchZip(Buffer.from('t'), storage), /ends a group/],
  ['an integer of many bytes', withValue(Buffer.from('\x8b\xff\xff\xff\x7f', 'latin1')), /integer of 2147483647 bytes/],
  ['no tensor', withValue(pickle.int(1)), /holds no tensors by name .* keys a/],
  ['a tensor alone', torchZip(pickle.tensor(saved({})), storage), /one tensor without a name/],
  ['a storage that is missing', withTensor({ storage: 't' }), /storage t is missing/],
  ['a storage of another size', withTensor({ count: 5 }), /storage s has 16 bytes, the pickle expects 20/],
  ['a view beyond its storage', withTensor({ offset: 1 }), /tensor w of shape \[4\] and strides \[1\] reaches element 5 of a storage of 4/],
  ['strides beyond the storage', withTensor({ shape: [2], strides: [absurd] }), /reaches element 1099511627777/],
  [
    'an absurd size that costs no bytes',
    withTensor({ shape: [absurd], strides: [0] }),
    /out of proportion to its \d+; refused at tensor w/,
  ],
  ['a product of sizes beyond 2^53', withTensor({ shape: [absurd, absurd], strides: [0, 0] }), /out of proportion/],
  ['fewer strides than sizes', withTensor({ shape: [2, 2], strides: [1] }), /2 sizes and 1 strides/],
  ['a negative size', torchZip(pickle.dict([[pickle.string('w'), negativeSize()]]), storage), /the shape of a tensor: a size was expected/],
  ['an unknown class of storage', withTensor({ storageClass: 'QInt8Storage' }), /refused torch\.QInt8Storage/],
  ['an unknown byte order', torchZip(pickle.stateDict(new Map([['w', saved({})]])), storage, 'middle'), /byteorder is "middle"/],
  ['2,000,001 lists', withValue(Buffer.alloc(2_000_001, ']')), /more than 2000000 lists/],
])('refuses %s', async (_, bytes, message) => {
  await expect(readCheckpoint(bytes)).rejects.toThrow(message);
  await expect(readCheckpoint(bytes)).rejects.toBeInstanceOf(WeightsFileError);
});

function negativeSize(): Buffer {
  const minusOne = pickle.tuple(Buffer.from([0x4a, 255, 255, 255, 255]));
  const id = pickle.tuple(
    pickle.string('storage'),
    pickle.global('torch', 'FloatStorage'),
    pickle.string('s'),
    pickle.string('cpu'),
    pickle.int(4),
  );
  return pickle.call(
    pickle.global('torch._utils', '_rebuild_tensor'),
    pickle.persistent(id),
    pickle.int(0),
    minusOne,
    pickle.tuple(pickle.int(1)),
  );
}

test('passes over the options of a training script, and finds the weights under state_dict before model', async () => {
  const options = Buffer.concat([pickle.global('argparse', 'Namespace'), Buffer.from([0x29, 0x81]), pickle.dict([]), Buffer.from('b')]);
  const nested = (key: string, shape: number[]): [Buffer, Buffer] => [
    pickle.string(key),
    pickle.stateDict(new Map([['module.w', saved({ shape })]])),
  ];
  const file = torchZip(pickle.dict([[pickle.string('args'), options], nested('model', [3]), nested('state_dict', [2])]), storage);
  const tensors = await readCheckpoint(file);
  expect([...tensors.keys()]).toEqual(['module.w']);
  expect(tensors.get('module.w')?.shape).toEqual([2]);
});

test("finds DINO's weights under teacher", async () => {
  const nested = (key: string, shape: number[]): [Buffer, Buffer] => [
    pickle.string(key),
    pickle.stateDict(new Map([['backbone.w', saved({ shape })]])),
  ];
  const tensors = await readCheckpoint(torchZip(pickle.dict([nested('student', [3]), nested('teacher', [2])]), storage));
  expect(tensors.get('backbone.w')?.shape).toEqual([2]);
});

test('says of a TorchScript archive what to do', async () => {
  const file = zip(
    new Map([
      ['archive/data.pkl', pickle.file(pickle.dict([]))],
      ['archive/code/__torch__.py', Buffer.from('x')],
    ]),
  );
  await expect(readCheckpoint(file)).rejects.toThrow('TorchScript archive, which holds a program; save its state_dict()');
});

test('names the file on disk', async () => {
  await expect(readCheckpoint('no/such.pth')).rejects.toThrow('no/such.pth: no such file');
  await expect(readCheckpoint(samples)).rejects.toThrow(`${samples}: is not a file`);
});
