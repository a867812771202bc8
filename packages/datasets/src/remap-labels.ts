import type { LabelMap, PixelArray } from './planar.js';

export interface RemapOptions {
  readonly map: Readonly<Record<number, number>>; // new id of each stored value
  readonly default?: number; // id of values outside the map; default: they are an error
}

export interface RemappedLabels {
  readonly labels: LabelMap;
  readonly unknownCount: number; // pixels whose value the map lacks
}

/**
 * Replaces the stored values of a label raster [H,W] by class ids.
 *
 * @throws RangeError naming the first value outside the map and its pixel, where no `default` is given
 */
export function remapLabels(
  labels: { readonly data: PixelArray; readonly height: number; readonly width: number },
  { map, default: fallback }: RemapOptions,
): RemappedLabels {
  const ids = new Map(Object.entries(map).map(([value, id]) => [Number(value), id]));
  const data = new Int32Array(labels.height * labels.width);
  let unknownCount = 0;
  for (let i = 0; i < data.length; i++) {
    const id = ids.get(labels.data[i]);
    if (id === undefined) {
      unknownCount++;
      if (fallback === undefined) {
        throw new RangeError(
          `label value ${labels.data[i]} at row ${Math.floor(i / labels.width)}, column ${i % labels.width} is not one of ${[...ids.keys()].join(', ')}`,
        );
      }
    }
    data[i] = id ?? (fallback as number);
  }
  return { labels: { data, height: labels.height, width: labels.width }, unknownCount };
}
