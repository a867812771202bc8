import jpeg from 'jpeg-js';
import type { Planar } from '../planar.js';
import { ByteSource } from './byte-source.js';
import { decodePng } from './png.js';
import { RasterError } from './raster-error.js';

const maxPixels = 1 << 28;
const maxFile = 2 ** 30; // bytes

export interface ReadImageOptions {
  /** true: samples as stored (palette indices; grey of 1, 2, 4 bits unscaled). false: a palette becomes RGB, grey is scaled to 8 bits (default). */
  readonly raw?: boolean;
}

/** A PNG or JPEG [C,H,W]; `palette` is there where the pixels are indices of it. */
export interface Image extends Planar<Uint8Array | Uint16Array> {
  readonly palette?: readonly (readonly [number, number, number])[];
}

/** Reads a PNG or a JPEG; grey has one band, colour three, alpha is one more. Throws `RasterError`. */
export function readImage(file: string, { raw = false }: ReadImageOptions = {}): Promise<Image> {
  return ByteSource.use(file, async (source) => {
    if (source.size > maxFile) throw new RasterError(file, `${source.size} bytes, at most ${maxFile} are read as one image`);
    const bytes = Buffer.from(await source.read(0, source.size, 'the image'));
    try {
      if (bytes[0] === 0x89 && bytes[1] === 0x50) return await readPng(bytes, raw);
      if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpeg(bytes);
    } catch (error) {
      throw new RasterError(file, `cannot be decoded: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    throw new RasterError(file, `not a PNG or JPEG: starts with bytes ${bytes.toString('hex', 0, 8) || 'none'}`);
  });
}

async function readPng(bytes: Buffer, raw: boolean): Promise<Image> {
  const { width, height, channels, depth, samples, palette } = await decodePng(bytes, maxPixels);
  if (!palette) {
    const scale = raw || depth >= 8 ? 1 : 255 / (2 ** depth - 1);
    return planar(samples, channels, height, width, scale);
  }
  let highest = 0;
  for (const index of samples) highest = Math.max(highest, index);
  if (highest >= palette.length) throw new Error(`palette index ${highest}, the palette has ${palette.length} colours`);
  if (raw) return { ...planar(samples, 1, height, width, 1), palette };
  const data = new Uint8Array(3 * samples.length);
  for (let band = 0; band < 3; band++) {
    for (let i = 0; i < samples.length; i++) data[band * samples.length + i] = palette[samples[i]][band];
  }
  return { data, bands: 3, height, width };
}

function readJpeg(bytes: Buffer): Image {
  const { components, width: w, height: h } = readFrame(bytes);
  if (w * h > maxPixels || w * h === 0) throw new Error(`${w} x ${h} pixels, expected 1 to ${maxPixels}`);
  if (bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) < 0) throw new Error('the JPEG has no end marker (truncated)');
  const { data, width, height } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: maxPixels / 1e6,
    maxMemoryUsageInMB: 4096,
  });
  if (components === 1) return { data: data.filter((_, i) => i % 3 === 0), bands: 1, height, width };
  return planar(data, 3, height, width, 1);
}

/** Size and number of components from the start-of-frame segment, ITU T.81 B.2.2. */
function readFrame(bytes: Buffer): { width: number; height: number; components: number } {
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) throw new Error(`a JPEG marker was expected at byte ${at}`);
    const marker = bytes[at + 1];
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7), components: bytes[at + 9] };
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2); // 0xff may be repeated as filling
  }
  throw new Error('the JPEG has no frame header (truncated)');
}

/** [H,W,C] -> [C,H,W] */
function planar(samples: Uint8Array | Uint16Array, bands: number, height: number, width: number, scale: number): Image {
  const data = samples instanceof Uint16Array ? new Uint16Array(samples.length) : new Uint8Array(samples.length);
  const pixels = height * width;
  for (let band = 0; band < bands; band++) {
    for (let i = 0; i < pixels; i++) data[band * pixels + i] = samples[i * bands + band] * scale;
  }
  return { data, bands, height, width };
}
