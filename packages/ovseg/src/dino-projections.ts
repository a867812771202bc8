import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, ConvTranspose2d, type Init } from '@rs/nn';

export interface DinoProjectionsConfig {
  readonly dinoDim: number; // D, channels of the DINO maps
  readonly textDim: number; // C of CLIP's joint space
  readonly guidanceDims: readonly [number, number]; // channels of the decoder's guidance, coarse to fine
  readonly dinoStride: number; // side of the DINO grid / side of the CLIP grid: 1 or 2
  readonly useSar?: boolean; // default true
}

/** DINO maps [B,h,w,D] of blocks 4, 8 and 12 (or where the taps are), shallow to deep. */
export type DinoMaps = readonly [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];

/** Layers of the maps' projections, by their names in checkpoints; those of SAR are absent without it. */
export interface DinoProjections {
  readonly dinoDownSample: Conv2d;
  readonly dinoDecodProj1: Conv2d | ConvTranspose2d;
  readonly dinoDecodProj2: ConvTranspose2d;
  readonly dinoSardownSample?: Conv2d;
  readonly dinoSardecodProj1?: Conv2d | ConvTranspose2d;
  readonly dinoSardecodProj2?: ConvTranspose2d;
}

export interface ProjectedMaps {
  readonly down: tf.Tensor4D; // [B,h,w,C] on CLIP's grid, of the deepest map
  readonly guidance: [tf.Tensor4D, tf.Tensor4D]; // [B,2h,2w,G0] of the first map, [B,4h,4w,G1] of the second
}

/** @throws RangeError when dinoStride is neither 1 nor 2 */
export function dinoProjections(config: DinoProjectionsConfig, init: Init): DinoProjections {
  const { dinoDim, textDim, guidanceDims, dinoStride, useSar = true } = config;
  if (dinoStride !== 1 && dinoStride !== 2) {
    throw new RangeError(`dinoStride must be 1 or 2 (the side of the DINO grid over that of the CLIP grid), got ${dinoStride}`);
  }
  const patches = (size: number, outChannels: number): Conv2d =>
    new Conv2d({ inChannels: dinoDim, outChannels, kernelSize: size, stride: size }, init);
  const enlarged = (factor: number, outChannels: number): ConvTranspose2d =>
    new ConvTranspose2d({ inChannels: dinoDim, outChannels, kernelSize: factor, stride: factor }, init);
  const ofOne = (): [Conv2d, Conv2d | ConvTranspose2d, ConvTranspose2d] => [
    patches(dinoStride, textDim),
    dinoStride === 2 ? patches(1, guidanceDims[0]) : enlarged(2, guidanceDims[0]),
    enlarged(4 / dinoStride, guidanceDims[1]),
  ];
  const [dinoDownSample, dinoDecodProj1, dinoDecodProj2] = ofOne();
  if (!useSar) return { dinoDownSample, dinoDecodProj1, dinoDecodProj2 };
  const [dinoSardownSample, dinoSardecodProj1, dinoSardecodProj2] = ofOne();
  return { dinoDownSample, dinoDecodProj1, dinoDecodProj2, dinoSardownSample, dinoSardecodProj1, dinoSardecodProj2 };
}

/** Optical and SAR maps, each through its own layer, added: MM-OVSeg, section 3.3, in the released form. */
export function projectDino(layers: DinoProjections, rgb: DinoMaps, sar?: DinoMaps): ProjectedMaps {
  const both = (rgbLayer: MapLayer, sarLayer: MapLayer | undefined, level: number): tf.Tensor4D =>
    sarLayer && sar ? tf.add(rgbLayer.call(rgb[level]), sarLayer.call(sar[level])) : rgbLayer.call(rgb[level]);
  return {
    down: both(layers.dinoDownSample, layers.dinoSardownSample, 2),
    guidance: [both(layers.dinoDecodProj1, layers.dinoSardecodProj1, 0), both(layers.dinoDecodProj2, layers.dinoSardecodProj2, 1)],
  };
}

interface MapLayer {
  call(x: tf.Tensor4D): tf.Tensor4D;
}

/** All maps have the shape of the first and `dim` channels. */
export function assertDinoMaps(argument: string, maps: DinoMaps, [batch, height, width]: readonly (number | null)[], dim: number): void {
  maps.forEach((map, i) => assertShape(`${argument}[${i}]`, map, [batch, height, width, dim]));
}
