import type { Window } from './planar.js';
import type { Geotransform } from './reading/georeference.js';

export interface AlignedGrids {
  readonly size: number; // side of the fine image
  readonly crop: number; // side of the crop on the fine grid
  readonly fineStep: number; // fine pixels after which both grids meet; 10 for 3 m against 10 m
  readonly coarseStep: number; // coarse pixels of the same length; 3
}

export interface AlignedWindows {
  readonly fine: Window;
  readonly coarse: Window;
}

/**
 * The same square crop on two grids that meet every `fineStep` fine = `coarseStep` coarse pixels, starting k such steps from the upper left:
 * fine offset k fineStep, coarse offset k coarseStep. Throws RangeError where the crop is no whole number of coarse pixels.
 */
export function alignedCrop(
  { crop, fineStep, coarseStep }: Omit<AlignedGrids, 'size'>,
  [row, column]: readonly [number, number],
): AlignedWindows {
  const coarse = (crop * coarseStep) / fineStep;
  if (!Number.isInteger(coarse)) {
    throw new RangeError(
      `alignedCrop: a crop of ${crop} is ${coarse} coarse pixels; it must be a whole number (steps ${fineStep} and ${coarseStep})`,
    );
  }
  return {
    fine: [row * fineStep, column * fineStep, crop, crop],
    coarse: [row * coarseStep, column * coarseStep, coarse, coarse],
  };
}

/** The central aligned crop: k = floor(floor((size - crop) / fineStep) / 2). */
export function alignedCenterCrop({ size, crop, fineStep, coarseStep }: AlignedGrids): AlignedWindows {
  if (crop > size || crop < 1) throw new RangeError(`alignedCenterCrop: crop must lie in 1..${size}, got ${crop}`);
  const k = Math.floor(Math.floor((size - crop) / fineStep) / 2);
  return alignedCrop({ crop, fineStep, coarseStep }, [k, k]);
}

export interface GridOffset {
  readonly dxMetres: number; // in units of the CRS
  readonly dyMetres: number;
  readonly insideOnePixel: boolean; // both less than one pixel of the coarser grid
}

/** How far the origin of grid `b` lies from that of grid `a`. */
export function gridOffset(a: Geotransform, b: Geotransform): GridOffset {
  const dxMetres = b[0] - a[0];
  const dyMetres = b[3] - a[3];
  const width = Math.max(Math.hypot(a[1], a[4]), Math.hypot(b[1], b[4]));
  const height = Math.max(Math.hypot(a[2], a[5]), Math.hypot(b[2], b[5]));
  return { dxMetres, dyMetres, insideOnePixel: Math.abs(dxMetres) < width && Math.abs(dyMetres) < height };
}
