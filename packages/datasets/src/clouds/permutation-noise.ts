import { checkedShape, type Field, type FloatArray, type Shape } from './field.js';
import { fades } from './perlin-noise.js';

export interface PermutationNoiseOptions {
  readonly permutation: ArrayLike<number>; // of 0..255
  readonly gradientTable: FloatArray; // [K,2], row component first
  readonly frequency: number; // lattice cells a pixel
  readonly offset: readonly [row: number, column: number]; // lattice position of pixel (0, 0)
  readonly shape: Shape;
}

/**
 * Gradient noise over an endless lattice, Perlin 2002: pixel (i, j) lies at offset + frequency (i, j), and lattice point (row, column) has gradient
 * number permutation[(permutation[row & 255] + column) & 255] mod K. Quintic fade; repeats every 256 cells.
 *
 * @throws RangeError when the permutation does not have 256 entries or the table is empty
 */
export function permutationNoise2d({ permutation, gradientTable, frequency, offset, shape }: PermutationNoiseOptions): Field {
  const [height, width] = checkedShape('permutationNoise2d', shape);
  const gradients = gradientTable.length / 2;
  if (permutation.length !== 256) throw new RangeError(`permutationNoise2d: permutation must have 256 entries, got ${permutation.length}`);
  if (!Number.isInteger(gradients) || gradients === 0)
    throw new RangeError(`permutationNoise2d: gradientTable must hold pairs, got ${gradientTable.length} values`);

  const corner = (row: number, column: number, du: number, dv: number): number => {
    const gradient = 2 * (permutation[(permutation[row & 255] + column) & 255] % gradients);
    return gradientTable[gradient] * du + gradientTable[gradient + 1] * dv;
  };
  const data = new Float32Array(height * width);
  for (let i = 0; i < height; i++) {
    const u = offset[0] + frequency * i;
    const row = Math.floor(u);
    const below = fades.quintic(u - row);
    for (let j = 0; j < width; j++) {
      const v = offset[1] + frequency * j;
      const column = Math.floor(v);
      const right = fades.quintic(v - column);
      const [du, dv] = [u - row, v - column];
      const top = corner(row, column, du, dv) * (1 - right) + corner(row, column + 1, du, dv - 1) * right;
      const bottom = corner(row + 1, column, du - 1, dv) * (1 - right) + corner(row + 1, column + 1, du - 1, dv - 1) * right;
      data[i * width + j] = top * (1 - below) + bottom * below;
    }
  }
  return { data, height, width };
}
