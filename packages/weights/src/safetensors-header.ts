import { dtypes, elementCount, isDtype } from './host-tensor.js';
import type { TensorInfo } from './weights-file.js';

/** Where a tensor's bytes lie, counted from the end of the header. */
export interface SafetensorsEntry extends TensorInfo {
  readonly begin: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * The JSON header of safetensors and all rules of the format: an object, UTF-8, no duplicate keys; each entry a known dtype, a
 * shape and offsets that agree; the tensors cover the data without hole or overlap and end where it ends.
 *
 * @param json the header's bytes
 * @param dataBytes size of what follows the header
 * @throws Error that says which rule is broken
 */
export function parseSafetensorsHeader(json: Uint8Array, dataBytes: number): SafetensorsHeader {
  if (json[0] !== 0x7b) throw new Error('the safetensors header does not start with "{"');
  const text = decodeUtf8(json);
  const parsed = parseJson(text);
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw new Error(`the safetensors header has the key ${shorten(repeated)} twice`);
  const tensors = new Map<string, SafetensorsEntry>();
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') metadata = parseMetadata(value);
    else tensors.set(name, parseEntry(name, value, dataBytes));
  }
  checkCoverage(tensors, dataBytes);
  return { tensors, metadata };
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Error('the safetensors header is not UTF-8', { cause });
  }
}

function parseJson(text: string): object {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('the safetensors header is not JSON', { cause });
  }
}

function parseMetadata(value: unknown): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('__metadata__ is not an object');
  return new Map(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== 'string') throw new Error(`__metadata__ ${shorten(key)} is not a string`);
      return [key, text];
    }),
  );
}

function parseEntry(name: string, value: unknown, dataBytes: number): SafetensorsEntry {
  const label = `tensor ${shorten(name)}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${label} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (!isDtype(dtype))
    throw new Error(`${label} has the dtype ${shorten(JSON.stringify(dtype) ?? 'none')}; known are ${Object.keys(dtypes).join(', ')}`);
  const count = Array.isArray(shape) ? elementCount(shape) : undefined;
  if (count === undefined) throw new Error(`${label} has the shape ${shorten(JSON.stringify(shape) ?? 'none')}, not a list of safe sizes`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every((offset) => Number.isSafeInteger(offset) && offset >= 0)) {
    throw new Error(`${label} has the data_offsets ${shorten(JSON.stringify(offsets) ?? 'none')}, not two whole numbers`);
  }
  const [begin, end] = offsets as [number, number];
  if (end > dataBytes)
    throw new Error(`${label} ends at byte ${end} of the data, outside the file, which holds ${dataBytes} bytes of data`);
  const bytes = count * dtypes[dtype].bytes;
  if (end - begin !== bytes)
    throw new Error(`${label} of ${dtype} [${shorten(String(shape))}] takes ${bytes} bytes, its offsets give ${end - begin}`);
  return { dtype, shape: shape as number[], bytes, begin };
}

function checkCoverage(tensors: ReadonlyMap<string, SafetensorsEntry>, dataBytes: number): void {
  let end = 0;
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.bytes - b.bytes);
  for (const [name, { begin, bytes }] of inOrder) {
    if (begin < end) throw new Error(`tensor ${shorten(name)} overlaps the one before it at byte ${begin} of the data`);
    if (begin > end) throw new Error(`no tensor covers the bytes ${end} to ${begin} of the data`);
    end = begin + bytes;
  }
  if (end !== dataBytes) throw new Error(`the tensors end at byte ${end} of the data, the file at ${dataBytes}`);
}

/** The first key that one object of this (valid) JSON holds twice; JSON.parse would silently keep the last. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = []; // the keys so far of each open object or list
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '{' || char === '[') open.push(new Set());
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const start = i++;
      while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
      let next = i + 1;
      while (/\s/.test(json[next] ?? '')) next++;
      if (json[next] !== ':') continue;
      const key: string = JSON.parse(json.slice(start, i + 1));
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text);
