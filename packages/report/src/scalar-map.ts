import * as Plot from '@observablehq/plot';
import { parseColor } from './color.js';
import { readMap, type Grid } from './grid.js';
import { paint, type Raster } from './raster.js';
import { percentileStretch, type Range } from './stretch.js';

/** The colours of a scalar map from low to high, for the bar beside it. */
export interface ColorScale {
  readonly low: number;
  readonly high: number;
  readonly unit?: string;
  readonly colors: readonly string[]; // #rrggbb, evenly spaced
}

export interface ScalarMapOptions {
  readonly range?: Range; // default: the smallest and largest finite value
  readonly scheme?: 'greys' | 'viridis'; // default 'viridis'
  readonly unit?: string;
}

/** A map of numbers [H,W] (attention, discrepancy, absolute error) with its scale; NaN is black. */
export function scalarMap(
  values: Grid,
  { range, scheme = 'viridis', unit }: ScalarMapOptions = {},
): { readonly raster: Raster; readonly scale: ColorScale } {
  const { data, width, height } = readMap('scalarMap: values', values);
  const [extent] = range ? [range] : percentileStretch({ shape: [height, width, 1], data }, { bands: [0], percentiles: [0, 100] });
  const [low, high] = extent;
  const colors = steps(scheme);
  const rgb = colors.map(parseColor);
  const raster = paint({ width, height }, (pixel) => {
    const share = high > low ? (data[pixel] - low) / (high - low) : 0.5;
    return Number.isNaN(share) ? [0, 0, 0] : rgb[Math.round(Math.min(1, Math.max(0, share)) * (rgb.length - 1))];
  });
  return { raster, scale: { low, high, unit, colors } };
}

/** 64 colours of a scheme from dark to light. */
function steps(scheme: 'greys' | 'viridis'): string[] {
  const { apply } = Plot.scale({ color: { type: 'linear', domain: [0, 63], scheme, reverse: scheme === 'greys' } }) as Plot.Scale;
  return Array.from({ length: 64 }, (_, i) => hex(apply(i) as string));
}

/** "rgb(1, 2, 3)", as one of the schemes says it, as "#010203". */
function hex(color: string): string {
  if (color.startsWith('#')) return color;
  return `#${(color.match(/\d+/g) as RegExpMatchArray).map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;
}
