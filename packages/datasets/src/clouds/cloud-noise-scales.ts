import { checkedShape, type Shape } from './field.js';

export interface ScaleOptions {
  readonly shape: Shape;
  readonly constScale?: boolean; // clouds grow with the image; default true
  readonly decayFactor?: number; // weight of an octave is cell^decay; default 1
}

export interface CloudNoiseScales {
  readonly cells: readonly number[]; // pixels, from fine to coarse
  readonly weights: readonly number[];
  readonly lattice: readonly (readonly [height: number, width: number])[]; // points of each octave
  readonly paddedShape: Shape; // each side rounded up to a power of two, which the lattices cover
}

/**
 * The octaves of a cloud, as in SatelliteCloudGenerator (Czerkawski et al. 2023): cells 4, 8, .. 2^(m-1) with m = max(2, floor(log2(shorter side)) - 1),
 * with `constScale` times 2^floor(log2(longer side / 4 / largest cell)).
 *
 * @throws RangeError when a side is below 16: no octave is left
 */
export function cloudNoiseScales({ shape, constScale = true, decayFactor = 1 }: ScaleOptions): CloudNoiseScales {
  const [height, width] = checkedShape('cloudNoiseScales', shape);
  const octaves = Math.floor(Math.log2(Math.min(height, width))) - 3; // m - 2
  if (octaves < 1) throw new RangeError(`cloudNoiseScales: shape must be at least 16 pixels a side, got ${height} x ${width}`);
  const largest = 2 ** (octaves + 1);
  const scale = constScale ? 2 ** Math.floor(Math.log2((0.25 * Math.max(height, width)) / largest)) : 1;
  const cells = Array.from({ length: octaves }, (_, k) => scale * 2 ** (k + 2));
  const padded: Shape = [2 ** Math.ceil(Math.log2(height)), 2 ** Math.ceil(Math.log2(width))];
  return {
    cells,
    weights: cells.map((cell) => cell ** decayFactor),
    lattice: cells.map((cell) => [Math.ceil(padded[0] / cell) + 1, Math.ceil(padded[1] / cell) + 1] as const),
    paddedShape: padded,
  };
}
