import { assertPlanar, type Planar } from '../planar.js';
import { assertSameSize, clip } from './field.js';

export interface BlendOptions {
  readonly color?: 'white' | 'ambient'; // of the cloud; ambient: drawn towards the mean colour of the ground where it is thin; default white
  readonly reflectance?: readonly number[]; // of the cloud, one value a band, instead of a colour
  readonly invert?: boolean; // the shadow of the cloud: reflectance 0; default false
}

export interface BlendedImage {
  readonly cloudy: Planar<Float32Array>;
  readonly base: Planar<Float32Array>; // the cloud's reflectance
}

/**
 * Clouds over an image, as in SatelliteCloudGenerator (Czerkawski et al. 2023): x (1 - a) + base a. The base of `ambient` clouds is
 *     k + tint (1 - k),   k = clip(a, 0, 1),   tint = mean of each band / mean of the band means, divided by its largest entry
 * (white for a black image).
 *
 * @param image [C,H,W] in [0,1]; blurred under the cloud, where that is wanted
 * @param alpha opacity [C,H,W], or [1,H,W] for all bands
 */
export function blendClouds(
  image: Planar,
  alpha: Planar,
  { color = 'white', reflectance, invert = false }: BlendOptions = {},
): BlendedImage {
  assertPlanar('blendClouds: image', image);
  assertPlanar('blendClouds: alpha', alpha);
  assertSameSize('blendClouds: alpha', alpha, image);
  const { data, bands, height, width } = image;
  if (alpha.bands !== 1 && alpha.bands !== bands)
    throw new RangeError(`blendClouds: alpha must have 1 or ${bands} bands, got ${alpha.bands}`);
  if (reflectance && reflectance.length !== bands)
    throw new RangeError(`blendClouds: reflectance must have one value for each of ${bands} bands, got ${reflectance.length}`);
  const pixels = height * width;
  const isAmbient = color === 'ambient' && !invert && !reflectance;
  const tint = invert ? new Array<number>(bands).fill(0) : (reflectance ?? (isAmbient ? tintOf(image) : new Array<number>(bands).fill(1)));
  const base = new Float32Array(data.length);
  const cloudy = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const a = alpha.data[i % alpha.data.length];
    const band = Math.floor(i / pixels);
    const k = isAmbient ? clip(a, 0, 1) : 0;
    base[i] = k + tint[band] * (1 - k);
    cloudy[i] = data[i] * (1 - a) + base[i] * a;
  }
  return { cloudy: { data: cloudy, bands, height, width }, base: { data: base, bands, height, width } };
}

function tintOf({ data, bands, height, width }: Planar): number[] {
  const pixels = height * width;
  const means = Array.from({ length: bands }, (_, band) => {
    let sum = 0;
    for (let i = band * pixels; i < (band + 1) * pixels; i++) sum += data[i];
    return sum / pixels;
  });
  const largest = Math.max(...means); // the mean of the means cancels
  return means.map((mean) => (largest > 0 ? mean / largest : 1));
}
