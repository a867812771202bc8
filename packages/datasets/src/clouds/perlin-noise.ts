import { checkedShape, type Field, type FloatArray, type Shape } from './field.js';

/** The gradients of a lattice, [height, width, 2] with the row component first: point (a, b) has data[2 (a width + b)] and the next value. */
export interface GradientLattice {
  readonly data: FloatArray;
  readonly height: number; // lattice points
  readonly width: number;
}

/** `smoothstep`: 3 t^2 - 2 t^3 (Perlin 1985); `quintic`: 6 t^5 - 15 t^4 + 10 t^3 (Perlin 2002). */
export type Fade = 'smoothstep' | 'quintic';

export const fades: Readonly<Record<Fade, (t: number) => number>> = {
  smoothstep: (t) => t * t * (3 - 2 * t),
  quintic: (t) => t * t * t * (t * (6 * t - 15) + 10),
};

export interface PerlinOptions {
  readonly cell: number; // side of a lattice cell in pixels, any positive number
  readonly fade?: Fade; // default smoothstep
  readonly shape?: Shape; // default: all whole pixels of the lattice, (points - 1) cell a side
}

/**
 * Gradient noise, Perlin 1985 and 2002. Pixel (i, j) lies at (u, v) = (i, j) / cell; with du, dv the fractional parts and f the fade,
 *     noise = sum over the corners a, b in {0, 1} of s(a) t(b) <g_ab, (du - a, dv - b)>,   s(1) = f(du), s(0) = 1 - f(du), t likewise with dv.
 * It is 0 on the lattice points and has zero mean over random gradients.
 *
 * @throws RangeError when the lattice does not reach over `shape`
 */
export function perlinNoise2d(gradients: GradientLattice, { cell, fade = 'smoothstep', shape }: PerlinOptions): Field {
  if (!(cell > 0)) throw new RangeError(`perlinNoise2d: cell must be positive, got ${cell}`);
  const whole: Shape = [Math.floor((gradients.height - 1) * cell), Math.floor((gradients.width - 1) * cell)];
  const [height, width] = checkedShape('perlinNoise2d', shape ?? whole);
  const data = new Float32Array(height * width);
  addPerlinNoise({ data, height, width }, gradients, { cell, fade, weight: 1 });
  return { data, height, width };
}

interface Octave {
  readonly cell: number;
  readonly fade: Fade;
  readonly weight: number;
}

/**
 * target += weight * noise. Sums over the two lattice rows first: along a row of pixels the noise is linear between the fades of its corners,
 * t(b) (R_b + C_b (dv - b)) with R_b = sum_a s(a) g_row (du - a) and C_b = sum_a s(a) g_column, so that a pixel costs two corners.
 */
export function addPerlinNoise(
  target: { readonly data: FloatArray; readonly height: number; readonly width: number },
  gradients: GradientLattice,
  { cell, fade, weight }: Octave,
): void {
  const { data, height, width } = target;
  const needed = [latticePoints(height, cell), latticePoints(width, cell)];
  if (gradients.height < needed[0] || gradients.width < needed[1]) {
    throw new RangeError(
      `perlinNoise2d: ${height} x ${width} pixels with cell ${cell} need ${needed.join(' x ')} gradients, got ${gradients.height} x ${gradients.width}`,
    );
  }
  const f = fades[fade];
  const columns = Int32Array.from({ length: width }, (_, j) => Math.floor(j / cell));
  const fractions = Float64Array.from({ length: width }, (_, j) => j / cell - columns[j]);
  const fadesRight = fractions.map(f);
  const alongRow = new Float64Array(gradients.width); // R_b
  const alongColumn = new Float64Array(gradients.width); // C_b
  for (let i = 0; i < height; i++) {
    const top = Math.floor(i / cell);
    const du = i / cell - top;
    const below = f(du);
    for (let b = 0; b < needed[1]; b++) {
      const upper = 2 * (top * gradients.width + b);
      const lower = upper + 2 * gradients.width;
      alongRow[b] = (1 - below) * gradients.data[upper] * du + below * gradients.data[lower] * (du - 1);
      alongColumn[b] = (1 - below) * gradients.data[upper + 1] + below * gradients.data[lower + 1];
    }
    for (let j = 0; j < width; j++) {
      const b = columns[j];
      const left = alongRow[b] + alongColumn[b] * fractions[j];
      const right = alongRow[b + 1] + alongColumn[b + 1] * (fractions[j] - 1);
      data[i * width + j] += weight * (left + fadesRight[j] * (right - left));
    }
  }
}

/** Lattice points a side that `length` pixels need: both corners of the last pixel's cell. */
export function latticePoints(length: number, cell: number): number {
  return Math.floor((length - 1) / cell) + 2;
}
