import { Draws } from '../draws.js';
import { crop, ploughed } from './classes.js';
import { drawLand, meanOfSubPixels, type Land } from './land.js';
import { drawSun, opticalImage } from './optical.js';
import { worldDefaults, type WorldOptions } from './options.js';
import { radarImage } from './radar.js';
import { cloudyImage } from './weather.js';

/** One place, seen by all sensors; bands first. */
export interface WorldScene {
  readonly size: number; // pixels a side
  readonly optical: Float32Array; // [4,H,W] cloud-free reflectance in [0,1]: blue, green, red, near infrared
  readonly cloudy: Float32Array; // [4,H,W] another acquisition, under clouds, haze and cloud shadow
  readonly cloudMask: Uint8Array; // [H,W] 1 = cloud (opacity above 0.08)
  readonly shadowMask: Uint8Array; // [H,W] 1 = cloud shadow outside the cloud mask
  readonly cloudDensity: Float32Array; // [H,W] opacity of the cloud, without haze
  readonly sar: Float32Array; // [2,H,W] VV, VH in dB
  readonly dsm: Float32Array; // [1,H,W] surface height in metres over the terrain's mean
  readonly labels: Uint8Array; // [H,W] 0..6, 255 where classes mix
  readonly cover: number; // share of cloudMask
}

/** Scenes first..first+count-1 of a world, one array each: [n,...]. */
export interface World extends Omit<WorldScene, 'cover'> {
  readonly count: number;
  readonly cover: Float32Array; // [n]
}

export const worldClasses = ['water', 'forest', 'grass', 'crop', 'bare', 'building', 'road'] as const;

/**
 * A scene of the synthetic world, in which optical and radar images each leave classes undecided that both together tell apart. It depends on
 * seed, index, size and options alone.
 *
 * @throws RangeError when size is less than 16
 */
export function makeScene(seed: number, index: number, size = 64, options: WorldOptions = {}): WorldScene {
  if (!Number.isInteger(size) || size < 16) throw new RangeError(`makeScene: size must be an integer of at least 16, got ${size}`);
  const given = { ...worldDefaults, ...options };
  const draws = new Draws(seed, index);
  const land = drawLand(draws, size, given.zoom);
  const sun = drawSun(draws);
  const optical = opticalImage(draws, land, sun, size, given.zoom);
  const { image: cloudy, density, cloudMask, shadowMask } = cloudyImage(draws, optical, sun, size, given);
  const heightNoise = draws.normals('dsm.noise', size * size);
  return {
    size,
    optical,
    cloudy,
    cloudMask,
    shadowMask,
    cloudDensity: density,
    sar: radarImage(draws, land, size, given),
    dsm: Float32Array.from(meanOfSubPixels(land, land.surface, size), (height, i) => height + 0.3 * heightNoise[i]),
    labels: labelsOf(land, size),
    cover: cloudMask.reduce((sum, cloud) => sum + cloud, 0) / cloudMask.length,
  };
}

/** Several scenes in one array each: `makeWorld({ seed: 1, count: 64 }).optical` is [64,4,64,64]. */
export function makeWorld({
  seed,
  count,
  size = 64,
  first = 0,
  ...options
}: { readonly seed: number; readonly count: number; readonly size?: number; readonly first?: number } & WorldOptions): World {
  const scenes = Array.from({ length: count }, (_, i) => makeScene(seed, first + i, size, options));
  const floats = (name: 'optical' | 'cloudy' | 'sar' | 'dsm' | 'cloudDensity'): Float32Array => joined(scenes.map((scene) => scene[name]), Float32Array); // prettier-ignore
  const bytes = (name: 'cloudMask' | 'shadowMask' | 'labels'): Uint8Array => joined(scenes.map((scene) => scene[name]), Uint8Array); // prettier-ignore
  return {
    size,
    count,
    optical: floats('optical'),
    cloudy: floats('cloudy'),
    sar: floats('sar'),
    dsm: floats('dsm'),
    cloudDensity: floats('cloudDensity'),
    cloudMask: bytes('cloudMask'),
    shadowMask: bytes('shadowMask'),
    labels: bytes('labels'),
    cover: Float32Array.from(scenes, ({ cover }) => cover),
  };
}

function joined<T extends Float32Array | Uint8Array>(parts: readonly T[], make: new (length: number) => T): T {
  const out = new make(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The class of a pixel where at least 3 of its 4 sub-pixels agree, else 255. */
function labelsOf({ side, margin, material }: Land, size: number): Uint8Array {
  return Uint8Array.from({ length: size * size }, (_, pixel) => {
    const at = (margin + 2 * Math.floor(pixel / size)) * side + margin + 2 * (pixel % size);
    const classes = [at, at + 1, at + side, at + side + 1].map((sub) => (material[sub] === ploughed ? crop : material[sub]));
    return classes.find((id) => classes.filter((other) => other === id).length >= 3) ?? 255;
  });
}
