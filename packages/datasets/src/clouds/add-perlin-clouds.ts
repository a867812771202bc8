import { assertPlanar, type Planar } from '../planar.js';
import type { CloudMask } from '../samples/load-sample.js';
import { assertSameSize, clip, type Field } from './field.js';

export interface AddCloudsOptions {
  readonly amplitude: number;
  readonly maskThreshold: number; // density above which a pixel is cloudy
}

export interface CloudyImage {
  readonly cloudy: Planar<Float32Array>;
  readonly cloudMask: CloudMask;
}

/**
 * Clouds as an addition that is the same in all bands, EDC section IV-A: clip(x + amplitude m, 0, 1), cloudy where m > maskThreshold.
 *
 * @param image [C,H,W] in [0,1]
 * @param mask [H,W] density of the clouds in [0,1]
 */
export function addPerlinClouds(image: Planar, mask: Field, { amplitude, maskThreshold }: AddCloudsOptions): CloudyImage {
  assertPlanar('addPerlinClouds: image', image);
  assertSameSize('addPerlinClouds: mask', mask, image);
  const { bands, height, width } = image;
  const data = Float32Array.from(image.data, (x, i) => clip(x + amplitude * mask.data[i % mask.data.length], 0, 1));
  return { cloudy: { data, bands, height, width }, cloudMask: maskWhere(mask, (density) => density > maskThreshold) };
}

export function maskWhere({ data, height, width }: Field, isCloudy: (density: number) => boolean): CloudMask {
  return { data: Uint8Array.from(data, (density) => (isCloudy(density) ? 1 : 0)), height, width };
}
