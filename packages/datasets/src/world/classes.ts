/** How a kind of cover looks to the sensors: reflectance, and backscatter in dB; spreads by region and by texture. */
export interface Material {
  readonly spectrum: readonly [blue: number, green: number, red: number, nir: number];
  readonly region: number; // spread of the logarithm of reflectance from region to region
  readonly texture: number; // and within one
  readonly backscatter: readonly [vv: number, vh: number]; // dB
  readonly sarRegion: number; // dB
  readonly sarTexture: number; // dB
}

export const water = 0;
export const forest = 1;
export const grass = 2;
export const crop = 3;
export const bare = 4;
export const building = 5;
export const road = 6;
/** A field that has been ploughed; its label is crop. */
export const ploughed = 7;

/** By class id; the last one, ploughed fields, is labelled crop. */
export const materials: readonly Material[] = [
  { spectrum: [0.055, 0.06, 0.045, 0.025], region: 0.2, texture: 0.05, backscatter: [-19, -27], sarRegion: 1.5, sarTexture: 0.5 },
  { spectrum: [0.03, 0.055, 0.035, 0.28], region: 0.18, texture: 0.22, backscatter: [-8.5, -14], sarRegion: 0.8, sarTexture: 1.2 },
  { spectrum: [0.045, 0.085, 0.065, 0.3], region: 0.2, texture: 0.1, backscatter: [-13, -20.5], sarRegion: 1, sarTexture: 0.6 },
  { spectrum: [0.045, 0.085, 0.065, 0.3], region: 0.2, texture: 0.08, backscatter: [-9.5, -16.5], sarRegion: 1, sarTexture: 0.6 },
  { spectrum: [0.1, 0.14, 0.19, 0.26], region: 0.2, texture: 0.12, backscatter: [-10, -17.5], sarRegion: 1.2, sarTexture: 0.8 },
  { spectrum: [0.13, 0.14, 0.15, 0.185], region: 0.35, texture: 0.12, backscatter: [-6.5, -13.5], sarRegion: 1.5, sarTexture: 1.5 },
  { spectrum: [0.11, 0.12, 0.13, 0.155], region: 0.15, texture: 0.06, backscatter: [-17.5, -25.5], sarRegion: 1, sarTexture: 0.5 },
  { spectrum: [0.095, 0.13, 0.175, 0.24], region: 0.2, texture: 0.08, backscatter: [-13.5, -21.5], sarRegion: 1, sarTexture: 0.6 },
];
