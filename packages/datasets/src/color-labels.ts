import { assertPlanar, type LabelMap, type Planar } from './planar.js';

export type Color = readonly [red: number, green: number, blue: number];

export interface DecodeColorOptions {
  readonly palette: readonly Color[]; // the colour of each class id
  readonly ignoreColors?: readonly Color[]; // colours of pixels that do not count
  /** What a colour outside the palette becomes: an error (default), `ignoreIndex`, or the class of the nearest colour. */
  readonly unknown?: 'throw' | 'ignore' | 'nearest';
  readonly ignoreIndex?: number; // default 255
}

export interface DecodedLabels {
  readonly labels: LabelMap;
  readonly unknownCount: number; // pixels whose colour the palette lacks
}

/**
 * Class ids of a colour-coded label image [3,H,W]. `nearest` is the smallest squared RGB distance, ties to the lowest id.
 *
 * @throws RangeError naming the first unknown colour and its pixel, where `unknown` is `throw`
 */
export function decodeColorLabels(
  image: Planar,
  { palette, ignoreColors = [], unknown = 'throw', ignoreIndex = 255 }: DecodeColorOptions,
): DecodedLabels {
  assertPlanar('decodeColorLabels: image', image);
  if (image.bands !== 3) throw new RangeError(`decodeColorLabels: image must have 3 bands, got ${image.bands}`);
  const ids = new Map<number, number>();
  for (const color of ignoreColors) ids.set(packed(...color), ignoreIndex);
  for (let id = palette.length - 1; id >= 0; id--) ids.set(packed(...palette[id]), id);
  const known = new Set(ids.keys());
  const pixels = image.height * image.width;
  const data = new Int32Array(pixels);
  let unknownCount = 0;
  for (let i = 0; i < pixels; i++) {
    const color: Color = [image.data[i], image.data[pixels + i], image.data[2 * pixels + i]];
    const key = packed(...color);
    let id = ids.get(key);
    if (!known.has(key)) {
      unknownCount++;
      if (unknown === 'throw') {
        throw new RangeError(
          `decodeColorLabels: colour (${color.join(', ')}) at row ${Math.floor(i / image.width)}, column ${i % image.width} is not in the palette`,
        );
      }
      if (id === undefined) ids.set(key, (id = unknown === 'ignore' ? ignoreIndex : nearest(color, palette)));
    }
    data[i] = id as number;
  }
  return { labels: { data, height: image.height, width: image.width }, unknownCount };
}

export interface EncodeColorOptions {
  readonly palette: readonly Color[];
  readonly ignoreIndex?: number; // default 255
  readonly ignoreColor?: Color; // of pixels with ignoreIndex; default: such pixels are an error
}

/** The colour image [3,H,W] of class ids; the inverse of `decodeColorLabels`. Throws RangeError at an id without a colour. */
export function encodeColorLabels(labels: LabelMap, { palette, ignoreIndex = 255, ignoreColor }: EncodeColorOptions): Planar<Uint8Array> {
  const pixels = labels.height * labels.width;
  const data = new Uint8Array(3 * pixels);
  for (let i = 0; i < pixels; i++) {
    const id = labels.data[i];
    const color = palette[id] ?? (id === ignoreIndex ? ignoreColor : undefined);
    if (!color) {
      throw new RangeError(
        `encodeColorLabels: class ${id} at row ${Math.floor(i / labels.width)}, column ${i % labels.width} has no colour, the palette has ${palette.length}`,
      );
    }
    for (let band = 0; band < 3; band++) data[band * pixels + i] = color[band];
  }
  return { data, bands: 3, height: labels.height, width: labels.width };
}

const packed = (red: number, green: number, blue: number): number => (red << 16) | (green << 8) | blue;

function nearest(color: Color, palette: readonly Color[]): number {
  const distances = palette.map((entry) => entry.reduce((sum, value, band) => sum + (value - color[band]) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
}
