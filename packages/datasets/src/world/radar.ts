import { building, materials } from './classes.js';
import type { Draws } from '../draws.js';
import { meanOfSubPixels, type Land } from './land.js';
import { sceneNoise } from './noise.js';
import { roundHalfEven } from './optical.js';

const layover = [-7, -13]; // dB, VV and VH: what falls on the ground before a building is at least that bright
const wallShare = [1, 0.7]; // of the double bounce in VV and VH

export interface RadarOptions {
  readonly zoom: number;
  readonly looks: number;
  readonly misregistration: number; // pixels
}

/** Backscatter [2,size,size] in dB, VV and VH: speckled, seen from the left or the right, shifted by up to `misregistration`. */
export function radarImage(draws: Draws, land: Land, size: number, { zoom, looks, misregistration }: RadarOptions): Float32Array {
  const { side, unit, material, region, regions, angle, height } = land;
  const ofRegion = draws.normals('sar.region', regions);
  const texture = sceneNoise(draws, 'sar.texture', { side, cells: [3 * unit, 1.5 * unit], persistence: 0.8 });
  const look = draws.uniform('look') < 0.5 ? 1 : -1;
  const [shadowed, laidOver] = [1, -1].map((direction) => towards(land, look * direction, zoom));
  const [row, column] = draws.uniforms('misregistration', 2);
  const shift = [roundHalfEven(2 * misregistration * (2 * row - 1)), roundHalfEven(2 * misregistration * (2 * column - 1))] as const;
  const speckle = draws.speckle('speckle', 2 * size * size, looks);

  const image = new Float32Array(2 * size * size);
  for (const polarisation of [0, 1]) {
    const power = new Float64Array(side * side);
    for (let pixel = 0; pixel < power.length; pixel++) {
      const { backscatter, sarRegion, sarTexture } = materials[material[pixel]];
      const r = region[pixel];
      let level = backscatter[polarisation] + sarRegion * ofRegion[r] + sarTexture * texture[pixel];
      if (shadowed[pixel]) level -= 6;
      if (laidOver[pixel]) level = Math.max(level, layover[polarisation]);
      if (material[pixel] === building && !isBuilding(land, pixel, -2 * look)) {
        level += (3 + 6 * Math.cos(2 * angle[r]) ** 2) * wallShare[polarisation];
      }
      power[pixel] = 10 ** (level / 10);
    }
    meanOfSubPixels(land, power, size, shift).forEach((mean, i) => {
      const at = polarisation * size * size + i;
      image[at] = 10 * Math.log10(mean * speckle[at] + 0.001);
    });
  }
  return image;

  /** 1 on the ground where a building `direction` columns back is high enough to reach here. */
  function towards({ side: width }: Land, direction: number, scale: number): Uint8Array {
    const step = 5 / (2 * scale); // metres
    const reached = new Uint8Array(width * width);
    for (let j = 1; j <= Math.floor(4 * scale); j++) {
      for (let pixel = 0; pixel < reached.length; pixel++) {
        if (material[pixel] === building) continue;
        const from = neighbour(width, pixel, -direction * j);
        if (material[from] === building && height[from] > 1.2 * j * step) reached[pixel] = 1;
      }
    }
    return reached;
  }
}

function isBuilding({ side, material }: Land, pixel: number, columns: number): boolean {
  return material[neighbour(side, pixel, columns)] === building;
}

/** The sub-pixel some columns away, edges repeated. */
function neighbour(side: number, pixel: number, columns: number): number {
  const column = Math.min(side - 1, Math.max(0, (pixel % side) + columns));
  return pixel - (pixel % side) + column;
}
