import { Draws } from '../draws.js';
import { assertPlanar, type Planar } from '../planar.js';
import type { CloudMask } from '../samples/load-sample.js';
import { maskWhere } from './add-perlin-clouds.js';
import { blendClouds } from './blend-clouds.js';
import { cloudMaskFromNoise, type CloudLevels } from './cloud-mask-from-noise.js';
import { cloudNoiseScales } from './cloud-noise-scales.js';
import { cloudPresets, type CloudPreset, type CloudPresetName } from './cloud-presets.js';
import { drawnLattice } from './drawn-lattice.js';
import { clip, type Field, type Shape } from './field.js';
import { fractalNoise2d, squashNoise } from './fractal-noise.js';
import { localGaussianBlur } from './local-gaussian-blur.js';
import { perBandCloudMask } from './per-band-cloud-mask.js';

const bandMagnitude = 0.05; // how far the opacities of the bands differ
const blurScale = 2; // pixels of blur under an opaque cloud
const cloudyFrom = 0.1; // mean opacity

export interface SimulateOptions {
  readonly preset: CloudPresetName;
  readonly seed: number;
  readonly name: string; // of the file: with the seed, it fixes the clouds, so that a test set stays the same
  readonly shadow?: boolean; // the shadow of another cloud first; default false
}

/** What was drawn for an image, to be printed beside results. */
export interface CloudParameters extends CloudLevels {
  readonly decayFactor: number;
  readonly locality: number;
}

export interface SimulatedClouds {
  readonly cloudy: Planar<Float32Array>; // [C,H,W] in [0,1]
  readonly opacity: Planar<Float32Array>; // [C,H,W]
  readonly cloudMask: CloudMask; // mean opacity of the bands at least 0.1
  readonly parameters: CloudParameters;
}

/**
 * Clouds over an image after SatelliteCloudGenerator (Czerkawski et al. 2023): Perlin noise -> opacity, moved and scaled a little from band to band;
 * the ground blurred under it (2 pixels where it is opaque); blended with white that is tinted by the ground where it is thin.
 *
 * @param image [C,H,W] in [0,1], at least 16 pixels a side
 */
export function simulateClouds(image: Planar, { preset, seed, name, shadow = false }: SimulateOptions): SimulatedClouds {
  assertPlanar('simulateClouds: image', image);
  if (!Object.hasOwn(cloudPresets, preset))
    throw new RangeError(`simulateClouds: preset must be one of ${Object.keys(cloudPresets).join(', ')}, got ${preset}`);
  const ranges: CloudPreset = cloudPresets[preset];
  const { bands, height, width } = image;
  const draws = new Draws(seed, name);
  const parameters = drawParameters(draws, ranges);
  const mask = drawMask(draws, 'cloud', parameters, [height, width]);
  const opacity = perBandCloudMask(mask, drawShifts(draws, bands, ranges.channelOffset));
  const meanOpacity = meanOverBands(opacity);

  const lit = shadow ? inShadow(draws, image, parameters) : image;
  const ground = localGaussianBlur(lit, { ...meanOpacity, data: meanOpacity.data.map((a) => blurScale * a) });
  const { cloudy } = blendClouds(ground, opacity, { color: 'ambient' });
  return {
    cloudy: { ...cloudy, data: cloudy.data.map((x) => clip(x, 0, 1)) },
    opacity,
    cloudMask: maskWhere(meanOpacity, (a) => a >= cloudyFrom),
    parameters,
  };
}

function drawParameters(draws: Draws, ranges: CloudPreset): CloudParameters {
  const within = (name: string, [low, high]: readonly [number, number]): number => low + (high - low) * draws.uniform(name);
  const minLevel = within('minLevel', ranges.minLevel);
  const [fewest, most] = ranges.locality;
  return {
    minLevel,
    maxLevel: within('maxLevel', [Math.max(ranges.maxLevel[0], minLevel), ranges.maxLevel[1]]),
    clearThreshold: within('clearThreshold', ranges.clearThreshold),
    decayFactor: within('decayFactor', ranges.decayFactor),
    locality: fewest + Math.floor((most - fewest + 1) * draws.uniform('locality')),
  };
}

/** Opacity [H,W] of a cloud whose noises are drawn by names that begin with `name`. */
function drawMask(draws: Draws, name: string, { decayFactor, locality, ...levels }: CloudParameters, shape: Shape): Field {
  const { cells, weights, lattice } = cloudNoiseScales({ shape, decayFactor });
  const noises = Array.from({ length: locality }, (_, l) => {
    const gradients = lattice.map(([height, width], k) => drawnLattice(draws, `${name}.${l}.${k}`, height, width));
    return squashNoise(fractalNoise2d(gradients, { cells, weights, shape }));
  });
  return cloudMaskFromNoise(noises, levels);
}

/** The image in the shadow of a cloud of its own, coarser and less scattered than the one over the image. */
function inShadow(draws: Draws, image: Planar, { locality }: CloudParameters): Planar {
  const maxLevel = 0.3 + 0.3 * draws.uniform('shadow');
  const thrower = { minLevel: 0, maxLevel, clearThreshold: 0.4, decayFactor: 1.5, locality: Math.max(1, locality - 1) };
  const mask = drawMask(draws, 'shadow', thrower, [image.height, image.width]);
  return blendClouds(image, { ...mask, bands: 1 }, { invert: true }).cloudy;
}

function drawShifts(draws: Draws, bands: number, most: number): Parameters<typeof perBandCloudMask>[1] {
  const weights = [...draws.uniforms('magnitude', bands)].map((u) => 1 + bandMagnitude * (2 * u - 1));
  const moves = [...draws.uniforms('offset', 2 * bands)].map((u) => Math.floor((2 * most + 1) * u) - most);
  return { weights, offsets: weights.map((_, band) => [moves[2 * band], moves[2 * band + 1]] as const) };
}

function meanOverBands({ data, bands, height, width }: Planar): Field {
  const pixels = height * width;
  const mean = new Float32Array(pixels);
  for (let i = 0; i < data.length; i++) mean[i % pixels] += data[i] / bands;
  return { data: mean, height, width };
}
