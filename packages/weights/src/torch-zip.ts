import { fromBufferPromise, fromFdPromise, type Entry, type ZipFile } from 'yauzl';
import type { ByteSource } from './byte-source.js';
import { dtypes } from './host-tensor.js';
import { unpickle } from './pickle.js';
import type { Storage } from './pickle-values.js';
import { findStateDict } from './state-dict.js';
import { torchWeightsFile, type StoragePlace } from './torch-tensors.js';
import { naming, type WeightsFile } from './weights-file.js';

const maxPickleBytes = 2 ** 25; // a tensor takes about 200

/** Opens what `torch.save` of PyTorch 1.6 and later writes: a zip archive of a pickle and one stored entry a storage. */
export function openTorchZip(source: ByteSource): Promise<WeightsFile> {
  return naming(source.label, async () => {
    const entries = await listEntries(source);
    const pickles = [...entries.keys()].filter((name) => name === 'data.pkl' || /^[^/]+\/data\.pkl$/.test(name));
    if (pickles.length !== 1) throw new Error('is a zip archive, but not one of PyTorch: it has no data.pkl');
    const root = pickles[0].slice(0, -'data.pkl'.length);
    const pickle = entries.get(pickles[0]) as StoragePlace;
    if (pickle.bytes > maxPickleBytes) throw new Error(`its pickle has ${pickle.bytes} bytes; at most ${maxPickleBytes} are read`);
    const { value } = unpickle(await source.read(pickle.offset, pickle.bytes));
    const place = ({ key, dtype, count }: Storage): StoragePlace => {
      const entry = entries.get(`${root}data/${key}`);
      if (!entry) throw new Error(`storage ${key.slice(0, 100)} is missing`);
      const bytes = count * (dtype === 'untyped' ? 1 : dtypes[dtype].bytes);
      if (entry.bytes !== bytes) throw new Error(`storage ${key} has ${entry.bytes} bytes, the pickle expects ${bytes}`);
      return entry;
    };
    return torchWeightsFile({
      source,
      format: 'PyTorch zip',
      stateDict: findStateDict(value),
      bigEndian: await isBigEndian(source, entries.get(`${root}byteorder`)),
      place,
    });
  });
}

async function isBigEndian(source: ByteSource, entry: StoragePlace | undefined): Promise<boolean> {
  if (!entry) return false; // before PyTorch 2.1: little
  const order = Buffer.from(await source.read(entry.offset, Math.min(entry.bytes, 16))).toString('latin1');
  if (order !== 'little' && order !== 'big') throw new Error(`its byteorder is ${JSON.stringify(order)}, neither "little" nor "big"`);
  return order === 'big';
}

/** Where each entry's bytes lie. Names serve only to find them: nothing is extracted. */
async function listEntries(source: ByteSource): Promise<Map<string, StoragePlace>> {
  const zip = await openZip(source);
  const places = new Map<string, StoragePlace>();
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName.slice(0, 100);
    if (name.includes('/code/'))
      throw new Error('it is a TorchScript archive, which holds a program; save its state_dict() with torch.save');
    if (entry.isEncrypted()) throw new Error(`its entry ${name} is encrypted`);
    if (entry.compressionMethod !== 0) throw new Error(`its entry ${name} is compressed; torch.save stores its entries as they are`);
    if (places.has(entry.fileName)) throw new Error(`it has two entries named ${name}`);
    places.set(entry.fileName, await placeOf(zip, entry, source.size));
  }
  return places;
}

async function placeOf(zip: ZipFile, entry: Entry, fileSize: number): Promise<StoragePlace> {
  const { fileDataStart: offset } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const bytes = entry.uncompressedSize;
  if (entry.compressedSize !== bytes || offset + bytes > fileSize) {
    throw new Error(`its entry ${entry.fileName.slice(0, 100)} of ${bytes} bytes lies outside the file`);
  }
  return { offset, bytes };
}

function openZip({ content }: ByteSource): Promise<ZipFile> {
  if (content instanceof Uint8Array) return fromBufferPromise(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
  return fromFdPromise(content.fd, { autoClose: false });
}
