import { zlibSync } from 'fflate';
import writeFileAtomic from 'write-file-atomic';
import { assertPlanar, type Planar } from '../planar.js';
import type { Geotransform } from '../reading/georeference.js';

export interface GeotiffOptions {
  readonly epsg?: number; // code of a projected CRS
  readonly geotransform?: Geotransform; // without rotation
  readonly nodata?: number;
  readonly rowsPerStrip?: number; // default: all rows in one strip
  readonly tile?: number; // side of square tiles, a multiple of 16, instead of strips
  readonly compression?: 'none' | 'deflate'; // default none
}

const types = { short: [3, 2], long: [4, 4], double: [12, 8], ascii: [2, 1] } as const;

interface Tag {
  readonly id: number;
  readonly type: keyof typeof types;
  readonly values: readonly number[] | string;
}

/**
 * Writes a GeoTIFF, little endian, pixels interleaved, in the type of `image.data`. The file appears whole or not at all.
 *
 * @throws RangeError when strips or tiles are asked for that a TIFF cannot have, or the geotransform is rotated
 */
export async function writeGeotiff(file: string, image: Planar, options: GeotiffOptions = {}): Promise<void> {
  assertPlanar('writeGeotiff: image', image);
  await writeFileAtomic(file, encodeGeotiff(image, options));
}

function encodeGeotiff(image: Planar, options: GeotiffOptions): Buffer {
  const { bands, height, width, data } = image;
  const { tile, rowsPerStrip = height, compression = 'none' } = options;
  if (tile !== undefined && (tile < 16 || tile % 16 !== 0))
    throw new RangeError(`writeGeotiff: tile must be a multiple of 16, got ${tile}`);
  if (!Number.isInteger(rowsPerStrip) || rowsPerStrip < 1)
    throw new RangeError(`writeGeotiff: rowsPerStrip must be a positive integer, got ${rowsPerStrip}`);
  const [blockHeight, blockWidth] = tile === undefined ? [rowsPerStrip, width] : [tile, tile];
  const blocks: Uint8Array[] = [];
  for (let y = 0; y < height; y += blockHeight) {
    const rows = tile === undefined ? Math.min(blockHeight, height - y) : blockHeight; // tiles are padded, the last strip is not
    for (let x = 0; x < width; x += blockWidth) {
      const bytes = interleaved(image, y, x, rows, blockWidth);
      blocks.push(compression === 'deflate' ? zlibSync(bytes) : bytes);
    }
  }

  const header = 8;
  const tagsWithout = (offsets: readonly number[]): Tag[] =>
    [
      tag(256, 'long', [width]),
      tag(257, 'long', [height]),
      tag(258, 'short', Array<number>(bands).fill(8 * data.BYTES_PER_ELEMENT)),
      tag(259, 'short', [compression === 'deflate' ? 8 : 1]),
      tag(262, 'short', [1]), // black is zero
      tag(277, 'short', [bands]),
      tag(284, 'short', [1]), // interleaved
      ...(bands > 1 ? [tag(338, 'short', Array<number>(bands - 1).fill(0))] : []), // the other bands are no transparency
      tag(339, 'short', Array<number>(bands).fill(sampleFormat(data))),
      ...(tile === undefined
        ? [tag(273, 'long', offsets), tag(278, 'long', [rowsPerStrip]), tag(279, 'long', blocks.map(({ length }) => length))]
        : [tag(322, 'long', [tile]), tag(323, 'long', [tile]), tag(324, 'long', offsets), tag(325, 'long', blocks.map(({ length }) => length))]),
      ...geoTags(options),
      ...(options.nodata === undefined ? [] : [tag(42113, 'ascii', `${options.nodata}\0`)]),
    ].sort((a, b) => a.id - b.id); // prettier-ignore
  const directory = (offsets: readonly number[]): Buffer => encodeDirectory(tagsWithout(offsets), header);
  const start = header + directory(blocks.map(() => 0)).length; // its length does not depend on the offsets
  let at = start;
  const offsets = blocks.map(({ length }) => {
    const here = at;
    at += length + (length % 2); // on word boundaries
    return here;
  });
  const out = Buffer.alloc(at);
  out.write('II*\0', 0, 'latin1');
  out.writeUInt32LE(header, 4);
  directory(offsets).copy(out, header);
  blocks.forEach((bytes, i) => out.set(bytes, offsets[i]));
  return out;
}

const tag = (id: number, type: Tag['type'], values: Tag['values']): Tag => ({ id, type, values });

const sampleFormat = (data: Planar['data']): number =>
  data instanceof Float32Array || data instanceof Float64Array ? 3 : data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array ? 2 : 1; // prettier-ignore

/** Rows y.. of columns x.. with the bands of a pixel beside each other; zeros beyond the image. */
function interleaved({ data, bands, height, width }: Planar, y: number, x: number, rows: number, columns: number): Uint8Array {
  const block = new (data.constructor as new (length: number) => Planar['data'])(rows * columns * bands);
  for (let band = 0; band < bands; band++) {
    for (let i = 0; i < Math.min(rows, height - y); i++) {
      for (let j = 0; j < Math.min(columns, width - x); j++) {
        block[(i * columns + j) * bands + band] = data[(band * height + y + i) * width + x + j];
      }
    }
  }
  return new Uint8Array(block.buffer); // typed arrays are little endian on every machine that Node runs on
}

/** ModelPixelScale and ModelTiepoint of the outer corner; the GeoKeys of a projected CRS, pixel is area. */
function geoTags({ epsg, geotransform }: GeotiffOptions): Tag[] {
  const tags: Tag[] = [];
  if (geotransform) {
    const [x0, dx, rx, y0, ry, dy] = geotransform;
    if (rx !== 0 || ry !== 0 || dx <= 0 || dy >= 0)
      throw new RangeError(`writeGeotiff: geotransform must be north up without rotation, got ${geotransform.join(', ')}`);
    tags.push(tag(33550, 'double', [dx, -dy, 0]), tag(33922, 'double', [0, 0, 0, x0, y0, 0]));
  }
  if (epsg !== undefined) tags.push(tag(34735, 'short', [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, epsg]));
  return tags;
}

/** The entries, and behind them the values that do not fit into four bytes. */
function encodeDirectory(tags: readonly Tag[], at: number): Buffer {
  const fixed = 2 + 12 * tags.length + 4;
  const entries = Buffer.alloc(fixed);
  const behind: Buffer[] = [];
  let next = at + fixed;
  entries.writeUInt16LE(tags.length, 0);
  tags.forEach(({ id, type, values }, i) => {
    const [code, size] = types[type];
    const bytes = typeof values === 'string' ? Buffer.from(values, 'latin1') : Buffer.alloc(values.length * size);
    if (typeof values !== 'string') {
      values.forEach((value, k) => {
        if (type === 'double') bytes.writeDoubleLE(value, k * size);
        else bytes.writeUIntLE(value, k * size, size);
      });
    }
    const entry = 2 + 12 * i;
    entries.writeUInt16LE(id, entry);
    entries.writeUInt16LE(code, entry + 2);
    entries.writeUInt32LE(bytes.length / size, entry + 4);
    if (bytes.length <= 4) bytes.copy(entries, entry + 8);
    else {
      const padded = Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]);
      entries.writeUInt32LE(next, entry + 8);
      behind.push(padded);
      next += padded.length;
    }
  });
  return Buffer.concat([entries, ...behind]);
}
