import { clip, quantile } from '../clouds/field.js';
import type { Draws } from '../draws.js';
import { sceneNoise } from './noise.js';
import { roundHalfEven, type Sun } from './optical.js';
import type { WorldOptions } from './options.js';

const around = 16; // pixels of sky round the scene, whence shadows fall in
const hazeOfBand = [1, 0.8, 0.6, 0.35]; // blue to NIR
const tint = [1, 1, 0.99, 0.96];
const cloudy = 0.08; // opacity above which a pixel is cloud
const shaded = 0.12; // share of the light above which it is cloud shadow

export interface Weather {
  readonly image: Float32Array; // [4,size,size] the place under clouds, haze and cloud shadow
  readonly density: Float32Array; // [size,size] opacity of the clouds
  readonly cloudMask: Uint8Array;
  readonly shadowMask: Uint8Array; // outside the cloud mask
}

/** Another acquisition of `optical` [4,size,size], under a sky of its own. */
export function cloudyImage(draws: Draws, optical: Float32Array, sun: Sun, size: number, options: Required<WorldOptions>): Weather {
  const pixels = size * size;
  const { opacity, shadow } = options.clouds ? drawClouds(draws, sun, size, options) : clearSky(pixels);
  const haze = options.clouds ? drawHaze(draws, size, options.haze) : new Float64Array(pixels);
  const albedoField = sceneNoise(draws, 'albedo.field', { side: size, cells: [16, 8] });
  const base = 0.8 + 0.12 * (draws.uniform('albedo') - 0.5);
  const gain = draws.uniforms('gain', 4);
  const sensor = draws.normals('sensor.cloudy', 4 * pixels);
  const image = new Float32Array(4 * pixels);
  for (let i = 0; i < image.length; i++) {
    const band = Math.floor(i / pixels);
    const pixel = i % pixels;
    const veil = haze[pixel] * hazeOfBand[band];
    const albedo = (base + 0.05 * albedoField[pixel]) * tint[band];
    let x = optical[i] * (1 + options.radiometry * (2 * gain[band] - 1)) * (1 - shadow[pixel]);
    x = x * (1 - veil) + 0.35 * veil;
    x = x * (1 - opacity[pixel]) + opacity[pixel] * albedo;
    image[i] = clip(x + 0.004 * sensor[i], 0, 1);
  }
  const cloudMask = Uint8Array.from(opacity, (alpha) => (alpha > cloudy ? 1 : 0));
  const shadowMask = Uint8Array.from(shadow, (share, pixel) => (share > shaded && cloudMask[pixel] === 0 ? 1 : 0));
  return { image, density: Float32Array.from(opacity), cloudMask, shadowMask };
}

interface Clouds {
  readonly opacity: Float64Array; // 1 - exp(-T r)
  readonly shadow: Float64Array; // share of the light that is gone
}

const clearSky = (pixels: number): Clouds => ({ opacity: new Float64Array(pixels), shadow: new Float64Array(pixels) });

function drawClouds(draws: Draws, { azimuth }: Sun, size: number, { cover, thickness, shadow: depth }: Required<WorldOptions>): Clouds {
  const side = size + 2 * around;
  const cells = [Math.max(size / 2, 16), Math.max(size / 4, 8), Math.max(size / 8, 4), Math.max(size / 16, 2)];
  const field = sceneNoise(draws, 'cloud', { side, cells });
  const inScene = (values: Float64Array, dy = 0, dx = 0): Float64Array =>
    Float64Array.from({ length: size * size }, (_, i) => values[(around + Math.floor(i / size) - dy) * side + around + (i % size) - dx]);

  const scene = inScene(field);
  const share = cover[0] + (cover[1] - cover[0]) * draws.uniform('cover');
  const threshold = quantile(scene, 1 - share);
  const top = Math.max(scene.reduce((a, b) => Math.max(a, b)), threshold + 0.25); // prettier-ignore
  const opticalThickness = thickness[0] * (thickness[1] / thickness[0]) ** draws.uniform('thickness');
  const opacity = field.map((f) => 1 - Math.exp(-opticalThickness * clip((f - threshold) / (top - threshold), 0, 1.2)));

  const distance = (5 + 9 * draws.uniform('cloud.height')) * Math.min(1, size / 64);
  const moved = inScene(opacity, roundHalfEven(distance * Math.sin(azimuth)), roundHalfEven(distance * Math.cos(azimuth)));
  return { opacity: inScene(opacity), shadow: moved.map((alpha) => depth * alpha) };
}

function drawHaze(draws: Draws, size: number, most: number): Float64Array {
  const [amount, isThere] = draws.uniforms('haze', 2);
  const strength = isThere >= 0.6 ? 0 : most * amount;
  return sceneNoise(draws, 'haze.field', { side: size, cells: [32, 16] }).map((noise) => strength * clip(0.6 + 0.4 * noise, 0, 1.2));
}
