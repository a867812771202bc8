import type { Planar, Window } from '../planar.js';
import type { Geotransform } from '../reading/georeference.js';
import { readImage } from '../reading/read-image.js';
import { readRaster, readRasterInfo } from '../reading/read-raster.js';
import { extractTile } from '../tiles.js';

/** An image file of a sample: its size and place, and its pixels when asked for. */
export interface LayerFile {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly nodata: number | null;
  readonly epsg: number | null;
  readonly geotransform: Geotransform | null;
  readonly read: (window: Window) => Promise<Planar>;
}

/** Opens a TIFF by its header alone; a PNG or JPEG, which cannot be read in parts, is decoded. Palette images give their indices. */
export async function openLayerFile(file: string): Promise<LayerFile> {
  if (/\.tiff?$/i.test(file)) {
    return { file, ...(await readRasterInfo(file)), read: (window) => readRaster(file, { window }) };
  }
  const image = await readImage(file, { raw: true });
  const { width, height, bands } = image;
  const read = (window: Window): Promise<Planar> => Promise.resolve(extractTile(image, window));
  return { file, width, height, bands, nodata: null, epsg: null, geotransform: null, read };
}

/** The same file on a grid of another size: cut, or its last row and column repeated. */
export function withEdgeSize(layer: LayerFile, { height, width }: { readonly height: number; readonly width: number }): LayerFile {
  if (layer.height === height && layer.width === width) return layer;
  const read = async ([y, x, h, w]: Window): Promise<Planar> => {
    const top = Math.min(y, layer.height - 1);
    const left = Math.min(x, layer.width - 1);
    const there = await layer.read([top, left, Math.max(1, Math.min(h, layer.height - top)), Math.max(1, Math.min(w, layer.width - left))]);
    const data = new Float64Array(there.bands * h * w);
    for (let i = 0; i < data.length; i++) {
      const row = Math.min(Math.floor(i / w) % h, there.height - 1);
      const column = Math.min(i % w, there.width - 1);
      data[i] = there.data[(Math.floor(i / (w * h)) * there.height + row) * there.width + column];
    }
    return { data, bands: there.bands, height: h, width: w };
  };
  return { ...layer, height, width, read };
}
