import { assertSameSize, extent, type Field } from './field.js';

export interface CloudLevels {
  readonly clearThreshold: number; // normalised noise below it is clear sky
  readonly minLevel: number; // opacity of the clear sky
  readonly maxLevel: number; // of the densest cloud
}

/**
 * Opacity [H,W] from noise, as in SatelliteCloudGenerator (Czerkawski et al. 2023): the product of all noises, each brought to [0,1], less the
 * threshold, brought to [0,1] again and to [minLevel, maxLevel]. Where no cloud is left (constant noise), minLevel everywhere.
 *
 * @param noises one or more; more of them make smaller, more scattered clouds
 */
export function cloudMaskFromNoise(noises: readonly Field[], { clearThreshold, minLevel, maxLevel }: CloudLevels): Field {
  if (noises.length === 0) throw new RangeError('cloudMaskFromNoise: noises must hold at least one field, got none');
  const [{ height, width }] = noises;
  const cloud = new Float64Array(height * width).fill(1);
  noises.forEach((noise, k) => {
    assertSameSize(`cloudMaskFromNoise: noises[${k}]`, noise, noises[0]);
    const [low, high] = extent(noise.data);
    for (let i = 0; i < cloud.length; i++) cloud[i] *= high > low ? (noise.data[i] - low) / (high - low) : 0;
  });
  let densest = 0;
  for (let i = 0; i < cloud.length; i++) {
    cloud[i] = Math.max(0, cloud[i] - clearThreshold);
    densest = Math.max(densest, cloud[i]);
  }
  const range = densest > 0 ? (maxLevel - minLevel) / densest : 0;
  return { data: Float32Array.from(cloud, (x) => x * range + minLevel), height, width };
}
