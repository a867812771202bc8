import { ByteSource, type WeightsSource } from './byte-source.js';
import { decodeElements, encodeElements } from './elements.js';
import { dtypeOf, dtypes, type Dtype, type HostTensor } from './host-tensor.js';
import { parseSafetensorsHeader } from './safetensors-header.js';
import { naming, readAll, type WeightsFile } from './weights-file.js';
import { writeAtomically, type Written } from './write-atomically.js';

/** Largest header that is read or written, as in the reference implementation. */
export const maxHeaderBytes = 100_000_000;
const prefixBytes = 8; // the header's length, little-endian

/**
 * Opens a safetensors file: the header is read and checked in full, the values only when asked for.
 *
 * @throws WeightsFileError naming the file and the rule of the format that it breaks
 */
export async function openSafetensors(source: WeightsSource): Promise<WeightsFile> {
  const bytes = await ByteSource.open(source);
  try {
    return await openSafetensorsBytes(bytes);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

export function openSafetensorsBytes(source: ByteSource): Promise<WeightsFile> {
  return naming(source.label, async () => {
    if (source.size < prefixBytes) throw source.error(`has ${source.size} bytes, too few for the length of a safetensors header`);
    const length = Buffer.from(await source.read(0, prefixBytes)).readBigUInt64LE();
    const dataStart = prefixBytes + Number(length);
    if (length > maxHeaderBytes) throw source.error(`declares a safetensors header of ${length} bytes; at most ${maxHeaderBytes} are read`);
    if (dataStart > source.size) throw source.error(`declares a safetensors header of ${length} bytes, beyond its end at ${source.size}`);
    const header = parseSafetensorsHeader(await source.read(prefixBytes, Number(length)), source.size - dataStart);
    return {
      format: 'safetensors',
      tensors: header.tensors,
      metadata: header.metadata,
      read: (name) =>
        naming(source.label, async () => {
          const entry = header.tensors.get(name);
          if (!entry) throw source.error(`no tensor ${name}; there are ${[...header.tensors.keys()].join(', ')}`);
          const { dtype, shape, bytes, begin } = entry;
          return { dtype, shape, data: decodeElements(dtype, await source.read(dataStart + begin, bytes)) };
        }),
      close: () => source.close(),
    };
  });
}

/** All tensors of a safetensors file, in the order of its header. Throws as `openSafetensors` does. */
export async function readSafetensors(source: WeightsSource): Promise<Map<string, HostTensor>> {
  return readAll(await openSafetensors(source));
}

/**
 * Writes a safetensors file atomically. The same tensors and metadata give the same bytes, whatever their order in the maps:
 * the widest element types come first, so that each tensor is aligned, then by name.
 *
 * @throws TypeError, RangeError naming the tensor whose dtype, shape and data do not agree; the file is then untouched
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<Written> {
  const entries = [...tensors].map(([name, tensor]) => ({ name, tensor, dtype: dtypeOf(name, tensor) }));
  entries.sort((a, b) => dtypes[b.dtype].bytes - dtypes[a.dtype].bytes || (a.name < b.name ? -1 : 1));
  return writeAtomically(file, chunks(headerBytes(entries, metadata), entries));
}

interface Entry {
  readonly name: string;
  readonly tensor: HostTensor;
  readonly dtype: Dtype;
}

function headerBytes(entries: readonly Entry[], metadata: ReadonlyMap<string, string>): Uint8Array {
  const parts: string[] = []; // joined by hand: an object would reorder names such as "0" and swallow "__proto__"
  if (metadata.size > 0) {
    const pairs = [...metadata]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    parts.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  let end = 0;
  for (const { name, tensor, dtype } of entries) {
    if (name === '__metadata__') throw new RangeError('a tensor cannot be named __metadata__');
    const begin = end;
    end += tensor.data.length * dtypes[dtype].bytes;
    parts.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape: tensor.shape, data_offsets: [begin, end] })}`);
  }
  const json = Buffer.from(`{${parts.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > maxHeaderBytes)
    throw new RangeError(`the safetensors header would take ${padded} bytes; at most ${maxHeaderBytes} are allowed`);
  const bytes = Buffer.alloc(prefixBytes + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded));
  json.copy(bytes, prefixBytes);
  return bytes;
}

function* chunks(header: Uint8Array, entries: readonly Entry[]): Generator<Uint8Array> {
  yield header;
  for (const { tensor, dtype } of entries) yield encodeElements(dtype, tensor.data);
}
