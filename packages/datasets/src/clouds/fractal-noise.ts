import { checkedShape, type Field, type Shape } from './field.js';
import { addPerlinNoise, type Fade, type GradientLattice } from './perlin-noise.js';

export interface FractalOptions {
  readonly cells: readonly number[]; // of the octaves, in pixels
  readonly weights: readonly number[];
  readonly shape: Shape;
  readonly fade?: Fade; // default smoothstep
}

/**
 * Octaves of gradient noise: sum over k of weight_k times the noise of `gradients[k]` with cell_k, cut to `shape`.
 *
 * @throws RangeError when there are not as many lattices and weights as cells
 */
export function fractalNoise2d(
  gradients: readonly GradientLattice[],
  { cells, weights, shape, fade = 'smoothstep' }: FractalOptions,
): Field {
  const [height, width] = checkedShape('fractalNoise2d', shape);
  if (gradients.length !== cells.length || weights.length !== cells.length) {
    throw new RangeError(
      `fractalNoise2d: each of ${cells.length} cells needs a lattice and a weight, got ${gradients.length} and ${weights.length}`,
    );
  }
  const sum = new Float64Array(height * width);
  cells.forEach((cell, k) => addPerlinNoise({ data: sum, height, width }, gradients[k], { cell, fade, weight: weights[k] }));
  return { data: Float32Array.from(sum), height, width };
}

/** Noise pushed towards -1 and 1, so that clouds get rims: tanh(gain x / max|x|); noise that is 0 everywhere stays so. */
export function squashNoise(noise: Field, { gain = 4 }: { readonly gain?: number } = {}): Field {
  const largest = noise.data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  return { ...noise, data: noise.data.map((x) => (largest > 0 ? Math.tanh((gain * x) / largest) : 0)) };
}
