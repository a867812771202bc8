import { zlibSync } from 'fflate';
import { crc32 } from 'node:zlib';
import writeFileAtomic from 'write-file-atomic';
import { assertPlanar, type Planar } from '../planar.js';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const colorTypes: Readonly<Record<number, number>> = { 1: 0, 3: 2 }; // grey, RGB

/**
 * Writes a PNG of 8 bits, grey or RGB, without filters. The file appears whole or not at all.
 *
 * @throws RangeError when the image has neither one nor three bands
 */
export async function writePng(file: string, image: Planar<Uint8Array>): Promise<void> {
  assertPlanar('writePng: image', image);
  const { bands, height, width, data } = image;
  if (!(bands in colorTypes)) throw new RangeError(`writePng: image must have 1 or 3 bands, got ${bands}`);
  const rowLength = 1 + width * bands; // each row starts with its filter, 0
  const rows = new Uint8Array(height * rowLength);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let band = 0; band < bands; band++) {
        rows[y * rowLength + 1 + x * bands + band] = data[(band * height + y) * width + x];
      }
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colorTypes[bands]], 8);
  const chunks = [chunk('IHDR', header), chunk('IDAT', Buffer.from(zlibSync(rows))), chunk('IEND', Buffer.alloc(0))];
  await writeFileAtomic(file, Buffer.concat([signature, ...chunks]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'ascii'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
