import type { ByteSource } from './byte-source.js';
import { dtypes } from './host-tensor.js';
import { PickleCut, unpickle, type Unpickled } from './pickle.js';
import type { Storage } from './pickle-values.js';
import { findStateDict } from './state-dict.js';
import { torchWeightsFile, type StoragePlace } from './torch-tensors.js';
import { naming, type WeightsFile } from './weights-file.js';

/** How a file begins that PyTorch wrote before 1.6: a pickle of its magic number. */
export const legacyMagic = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

const protocolVersion = 1001;
const maxPickleBytes = 2 ** 25;

interface Preamble {
  readonly value: unknown;
  readonly storages: ReadonlyMap<string, Storage>;
  readonly keys: readonly unknown[]; // of the storages, in the order in which they follow
  readonly end: number;
}

/**
 * Opens what `torch.save` wrote before PyTorch 1.6, and still writes when told to: five pickles (magic number, version, system,
 * the value, the storages' keys), then each storage, its number of elements first. Numbers and elements are little-endian on
 * every machine.
 */
export function openTorchLegacy(source: ByteSource): Promise<WeightsFile> {
  return naming(source.label, async () => {
    const { value, storages, keys, end } = await readPreamble(source);
    const places = new Map<string, StoragePlace>();
    let offset = end;
    for (const key of keys) {
      const storage = typeof key === 'string' ? storages.get(key) : undefined;
      if (!storage) throw new Error('it lists a storage that no tensor refers to');
      if (places.has(storage.key)) throw new Error(`storage ${storage.key.slice(0, 100)} is listed twice`);
      const count = Buffer.from(await source.read(offset, 8)).readBigUInt64LE();
      if (count !== BigInt(storage.count))
        throw new Error(`storage ${storage.key} has ${count} elements, the pickle expects ${storage.count}`);
      const bytes = storage.count * (storage.dtype === 'untyped' ? 1 : dtypes[storage.dtype].bytes);
      if (offset + 8 + bytes > source.size) throw new Error(`storage ${storage.key} of ${bytes} bytes reaches beyond the end of the file`);
      places.set(storage.key, { offset: offset + 8, bytes });
      offset += 8 + bytes;
    }
    const place = ({ key }: Storage): StoragePlace => {
      const known = places.get(key);
      if (!known) throw new Error(`storage ${key.slice(0, 100)} is missing`);
      return known;
    };
    return torchWeightsFile({ source, format: 'PyTorch legacy', stateDict: findStateDict(value), bigEndian: false, place });
  });
}

/** Reads the pickles from a beginning of the file that grows until they fit: nothing says how long they are. */
async function readPreamble(source: ByteSource): Promise<Preamble> {
  for (let length = 2 ** 16; ; length *= 8) {
    const whole = length >= Math.min(source.size, maxPickleBytes);
    const bytes = await source.read(0, Math.min(length, source.size, maxPickleBytes));
    try {
      return parsePreamble(bytes);
    } catch (error) {
      if (!(error instanceof PickleCut) || whole) throw error;
    }
  }
}

function parsePreamble(bytes: Uint8Array): Preamble {
  const version = unpickle(bytes, legacyMagic.length);
  if (version.value !== protocolVersion) throw new Error(`it is of another version of PyTorch's legacy format than ${protocolVersion}`);
  const system: Unpickled = unpickle(bytes, version.end);
  const saved = unpickle(bytes, system.end);
  const keys = unpickle(bytes, saved.end);
  if (!Array.isArray(keys.value)) throw new Error('it does not list its storages');
  return { value: saved.value, storages: saved.storages, keys: keys.value, end: keys.end };
}
