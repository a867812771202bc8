import type { Geotransform } from '../reading/georeference.js';
import { RasterError } from '../reading/raster-error.js';
import type { LayerFile } from './layer-file.js';

/**
 * Throws unless `layer` shows the same ground as `reference`: the same size, or that of the coarse grid (`ratio` coarse pixels a reference
 * pixel); the same CRS; and corners that lie less than one pixel of the coarser grid apart. What one of both does not say is not compared.
 */
export function checkPair(reference: LayerFile, layer: LayerFile, ratio: number | undefined): void {
  const fail = (problem: string): never => {
    throw new RasterError(layer.file, `does not fit ${reference.file}: ${problem}`);
  };
  const sizes = [1, ...(ratio === undefined ? [] : [ratio])].map((scale) => ({
    width: reference.width * scale,
    height: reference.height * scale,
  }));
  if (!sizes.some(({ width, height }) => layer.width === width && layer.height === height)) {
    const expected = sizes.map(({ width, height }) => `${width} x ${height}`).join(' or ');
    fail(`the sizes differ, expected ${expected} pixels (columns x rows), found ${layer.width} x ${layer.height}`);
  }
  if (reference.epsg !== null && layer.epsg !== null && reference.epsg !== layer.epsg) {
    fail(`the CRS differ, expected EPSG:${reference.epsg}, found EPSG:${layer.epsg}`);
  }
  if (!reference.geotransform || !layer.geotransform) return;
  const pixel = Math.max(pixelSide(reference.geotransform), pixelSide(layer.geotransform));
  const [here, there] = [corners(reference), corners(layer)];
  const farthest = Math.max(...here.map(([x, y], i) => Math.max(Math.abs(x - there[i][0]), Math.abs(y - there[i][1]))));
  if (farthest >= pixel) {
    const extent = (points: [number, number][]): string => `${points[0].join(', ')} to ${points[1].join(', ')}`;
    fail(`the extents do not overlap within one coarse pixel (${pixel}): expected ${extent(here)}, found ${extent(there)}`);
  }
}

const pixelSide = ([, dx, rx, , ry, dy]: Geotransform): number => Math.max(Math.hypot(dx, ry), Math.hypot(rx, dy));

/** The outer corners of the first and the last pixel. */
function corners({ geotransform, width, height }: LayerFile): [number, number][] {
  const [x0, dx, rx, y0, ry, dy] = geotransform as Geotransform;
  return [[x0, y0], [x0 + width * dx + height * rx, y0 + width * ry + height * dy]]; // prettier-ignore
}
