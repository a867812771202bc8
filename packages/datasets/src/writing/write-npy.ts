import writeFileAtomic from 'write-file-atomic';

export interface NpyValues {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Int32Array | Float32Array | Float64Array;
}

/**
 * Writes a NumPy array, format 1.0, C order. The file appears whole or not at all.
 *
 * @param asBool bytes are written as truth values (`|b1`); default false
 * @throws RangeError when shape and number of values disagree
 */
export async function writeNpy(
  file: string,
  { shape, data }: NpyValues,
  { asBool = false }: { readonly asBool?: boolean } = {},
): Promise<void> {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== data.length) throw new RangeError(`writeNpy: shape [${shape.join(', ')}] needs ${count} values, data has ${data.length}`);
  const kind = asBool
    ? '|b1'
    : data instanceof Uint8Array
      ? '|u1'
      : data instanceof Int32Array
        ? '<i4'
        : data instanceof Float32Array
          ? '<f4'
          : '<f8';
  const description = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const header = description.padEnd(Math.ceil((10 + description.length + 1) / 64) * 64 - 11) + '\n'; // values begin on a 64-byte boundary
  const preamble = Buffer.alloc(10);
  preamble.write('\x93NUMPY\x01\x00', 0, 'latin1');
  preamble.writeUInt16LE(header.length, 8);
  await writeFileAtomic(
    file,
    Buffer.concat([preamble, Buffer.from(header, 'latin1'), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]),
  );
}
