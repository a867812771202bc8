import type { Geotransform } from '../reading/georeference.js';
import type { WorldScene } from './make-world.js';

/** The label of pixels where classes mix. */
export const unknown = 255;

const utm = 32650; // WGS 84 / UTM 50N
const pixelMetres = 5 / 1.5;

/** Where a scene lies: scenes stand side by side in a made-up place, at the world's 3.3 m a pixel. */
export function worldGrid(
  size: number,
  [row, column]: readonly [row: number, column: number],
): { readonly epsg: number; readonly geotransform: Geotransform } {
  const side = size * pixelMetres;
  return { epsg: utm, geotransform: [300_000 + side * column, pixelMetres, 0, 4_000_000 - side * row, 0, -pixelMetres] };
}

/** One band of an image of several. */
export const bandOf = (image: Float32Array, band: number, { size }: WorldScene): Float32Array =>
  image.subarray(band * size * size, (band + 1) * size * size);

/** 0..255 from low..high, rounded; what lies outside is cut. */
export const toBytes = (values: Float32Array, [low, high]: readonly [low: number, high: number]): Uint8Array =>
  Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round((255 * (value - low)) / (high - low)))));

/** The bands of an image one after the other. */
export function stacked(bands: readonly Uint8Array[]): Uint8Array {
  const image = new Uint8Array(bands.reduce((sum, band) => sum + band.length, 0));
  let at = 0;
  for (const band of bands) {
    image.set(band, at);
    at += band.length;
  }
  return image;
}
