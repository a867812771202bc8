import { PNG } from 'pngjs';
import { parseColor, type Rgb } from './color.js';

/** A picture of opaque pixels. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray; // [H,W,3] red, green, blue in 0..255
}

/** A picture from the colour of each pixel, by its row-major index. */
export function paint({ width, height }: Pick<Raster, 'width' | 'height'>, color: (pixel: number) => Rgb): Raster {
  const data = new Uint8ClampedArray(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) data.set(color(pixel), pixel * 3);
  return { width, height, data };
}

/** Each pixel as a square of `factor` pixels: small tiles keep their pixels when they are shown large. */
export function enlarge(raster: Raster, factor: number): Raster {
  if (!Number.isInteger(factor) || factor < 1) throw new RangeError(`enlarge: factor must be a positive integer, got ${factor}`);
  const [width, height] = [raster.width * factor, raster.height * factor];
  const source = (pixel: number): number =>
    Math.floor(Math.floor(pixel / width) / factor) * raster.width + Math.floor((pixel % width) / factor);
  return paint({ width, height }, (pixel) => at(raster, source(pixel)));
}

/** Pictures in rows and columns, on a grid of equal cells; a missing one leaves its cell empty. */
export function arrange(
  rows: readonly (readonly (Raster | null)[])[],
  { gap = 4, background = '#ffffff' }: { readonly gap?: number; readonly background?: string } = {},
): Raster {
  const pictures = rows.flat().filter((raster) => raster !== null);
  if (pictures.length === 0) throw new RangeError('arrange: rows must hold at least one picture');
  const cellWidth = Math.max(...pictures.map(({ width }) => width));
  const cellHeight = Math.max(...pictures.map(({ height }) => height));
  const columns = Math.max(...rows.map((row) => row.length));
  const size = { width: columns * (cellWidth + gap) - gap, height: rows.length * (cellHeight + gap) - gap };
  const out = paint(size, () => parseColor(background));
  rows.forEach((row, r) =>
    row.forEach((raster, c) => {
      for (let y = 0; raster && y < raster.height; y++) {
        const line = raster.data.subarray(y * raster.width * 3, (y + 1) * raster.width * 3);
        out.data.set(line, ((r * (cellHeight + gap) + y) * size.width + c * (cellWidth + gap)) * 3);
      }
    }),
  );
  return out;
}

/** The picture as a PNG file. */
export function toPng({ width, height, data }: Raster): Buffer {
  const png = new PNG({ width, height, colorType: 2 });
  for (let pixel = 0; pixel < width * height; pixel++) {
    png.data.set(data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    png.data[pixel * 4 + 3] = 255;
  }
  return PNG.sync.write(png, { colorType: 2 });
}

const at = ({ data }: Raster, pixel: number): Rgb => [data[pixel * 3], data[pixel * 3 + 1], data[pixel * 3 + 2]];
