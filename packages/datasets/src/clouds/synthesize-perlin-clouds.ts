import { Draws } from '../draws.js';
import { assertPlanar, type Planar } from '../planar.js';
import { addPerlinClouds, maskWhere, type CloudyImage } from './add-perlin-clouds.js';
import { blendClouds } from './blend-clouds.js';
import { drawnLattice } from './drawn-lattice.js';
import { clip, extent, quantile, type Field } from './field.js';
import { fractalNoise2d } from './fractal-noise.js';
import { latticePoints } from './perlin-noise.js';

export interface PerlinCloudOptions {
  readonly seed: number;
  readonly name: string; // of the patch: with the seed, it fixes the clouds
  readonly cover?: readonly [low: number, high: number]; // share of cloudy pixels, drawn uniformly; default [0.1, 0.9]
  readonly mode?: 'additive' | 'blend'; // x + k d or x (1 - d) + d; default additive
  readonly amplitude?: number; // k of the additive mode; default 1
}

export interface PerlinClouds extends CloudyImage {
  readonly density: Field; // d in [0,1]; the cloud mask is d > 0
  readonly coverage: number; // q, as drawn
}

/**
 * Clouds for a data set without cloudy images, as EDC makes them for WHU-OPT-SAR ("uniformly adding Perlin noise to each spectral band"; the
 * parameters are not in the paper): fractal noise n with cells of 1/2, 1/4, 1/8 and 1/16 of the longer side, persistence 0.5, quintic fade, scaled
 * to [0,1]; tau = its (1 - q) quantile, q drawn from `cover`; density d = clip((n - tau) / (1 - tau), 0, 1), the same for all bands.
 *
 * @param image [C,H,W] in [0,1]
 */
export function synthesizePerlinClouds(
  image: Planar,
  { seed, name, cover = [0.1, 0.9], mode = 'additive', amplitude = 1 }: PerlinCloudOptions,
): PerlinClouds {
  assertPlanar('synthesizePerlinClouds: image', image);
  if (!(cover[0] > 0 && cover[0] <= cover[1] && cover[1] <= 1))
    throw new RangeError(`synthesizePerlinClouds: cover must be a range within (0, 1], got [${cover.join(', ')}]`);
  const { height, width } = image;
  const draws = new Draws(seed, name);
  const cells = [2, 4, 8, 16].map((share) => Math.max(height, width) / share);
  const lattices = cells.map((cell, k) => drawnLattice(draws, `noise.${k}`, latticePoints(height, cell), latticePoints(width, cell)));
  const noise = fractalNoise2d(lattices, { cells, weights: [1, 0.5, 0.25, 0.125], shape: [height, width], fade: 'quintic' });
  const coverage = cover[0] + (cover[1] - cover[0]) * draws.uniform('cover');
  const [, high] = extent(noise.data);
  const threshold = quantile(noise.data, 1 - coverage);
  const range = high > threshold ? high - threshold : 1; // scaling to [0,1] first changes nothing
  const density = { height, width, data: noise.data.map((n) => clip((n - threshold) / range, 0, 1)) };
  if (mode === 'additive') return { ...addPerlinClouds(image, density, { amplitude, maskThreshold: 0 }), density, coverage };
  return { cloudy: blendClouds(image, { ...density, bands: 1 }).cloudy, cloudMask: maskWhere(density, (d) => d > 0), density, coverage };
}
