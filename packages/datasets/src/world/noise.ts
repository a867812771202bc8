import { addPerlinNoise, latticePoints } from '../clouds/perlin-noise.js';
import type { Draws } from '../draws.js';

export interface NoiseOptions {
  readonly side: number; // the grid is side x side
  readonly cells: readonly number[]; // of the octaves, in grid steps
  readonly persistence?: number; // weight of octave k is persistence^k; default 0.5
}

/**
 * Fractal Perlin noise with the quintic fade over a square grid, octave k from the normals `name.k`, brought to mean 0 and standard deviation 1
 * over the whole grid.
 */
export function sceneNoise(draws: Draws, name: string, { side, cells, persistence = 0.5 }: NoiseOptions): Float64Array {
  const data = new Float64Array(side * side);
  cells.forEach((cell, k) => {
    const points = latticePoints(side, cell);
    const gradients = { data: draws.normals(`${name}.${k}`, 2 * points * points), height: points, width: points };
    addPerlinNoise({ data, height: side, width: side }, gradients, { cell, fade: 'quintic', weight: persistence ** k });
  });
  return standardized(data);
}

/** (x - mean) / (population standard deviation + 1e-6), in place. */
function standardized(data: Float64Array): Float64Array {
  let sum = 0;
  for (const x of data) sum += x;
  const mean = sum / data.length;
  let squares = 0;
  for (const x of data) squares += (x - mean) ** 2;
  const scale = 1 / (Math.sqrt(squares / data.length) + 1e-6);
  for (let i = 0; i < data.length; i++) data[i] = (data[i] - mean) * scale;
  return data;
}
