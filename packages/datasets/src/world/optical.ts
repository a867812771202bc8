import { clip } from '../clouds/field.js';
import { building, crop, forest, materials, ploughed } from './classes.js';
import type { Draws } from '../draws.js';
import { meanOfSubPixels, type Land } from './land.js';
import { sceneNoise } from './noise.js';

const tiltOfBand = [-0.06, -0.02, 0.02, 0.06]; // how a region's tint leans, blue to NIR

export interface Sun {
  readonly azimuth: number; // radians
  readonly rise: number; // tangent of the elevation
  readonly light: number; // of the whole scene
}

export function drawSun(draws: Draws): Sun {
  const [azimuth, elevation, light] = draws.uniforms('sun', 3);
  return { azimuth: 2 * Math.PI * azimuth, rise: 0.7 + 0.6 * elevation, light: 0.9 + 0.2 * light };
}

/** Cloud-free reflectance [4,size,size] in [0,1]: blue, green, red, near infrared. */
export function opticalImage(draws: Draws, land: Land, sun: Sun, size: number, zoom: number): Float32Array {
  const { side, unit, material, region, regions, angle, crowns, plot } = land;
  const [brightness, tilt] = [draws.normals('brightness', regions), draws.normals('tilt', regions)];
  const texture = sceneNoise(draws, 'texture', { side, cells: [4 * unit, 2 * unit, unit], persistence: 0.8 });
  const white = draws.normals('white', side * side);
  const shadow = castShadow(land, sun, zoom);
  const bands = tiltOfBand.map(() => new Float64Array(side * side));
  for (let pixel = 0; pixel < side * side; pixel++) {
    const cover = material[pixel];
    const r = region[pixel];
    const { spectrum, region: regionSpread, texture: textureSpread } = materials[cover];
    let [b, e] = [brightness[r], tilt[r]];
    if (cover === building) {
      const [u1, , u3] = plot(pixel);
      b = Math.sqrt(-2 * Math.log(clip(u1 / 0.8, 1e-4, 1))) * Math.cos(2 * Math.PI * u3);
      e = 0.5 * Math.sin(12.9 * b);
    }
    let log = regionSpread * b + textureSpread * (cover === forest ? crowns : texture)[pixel] + 0.05 * white[pixel];
    if (cover === crop || cover === ploughed) {
      const u = ((pixel % side) * Math.cos(angle[r]) + Math.floor(pixel / side) * Math.sin(angle[r])) / unit;
      log += 0.04 * Math.sin((2 * Math.PI * u) / 3);
    }
    const light = (shadow[pixel] ? 0.45 : 1) * sun.light;
    bands.forEach((band, c) => {
      band[pixel] = spectrum[c] * Math.exp(log + tiltOfBand[c] * e) * light;
    });
  }
  const sensor = draws.normals('sensor', 4 * size * size);
  const image = new Float32Array(4 * size * size);
  bands.forEach((band, c) => {
    const pixels = meanOfSubPixels(land, band, size);
    for (let i = 0; i < pixels.length; i++) image[c * pixels.length + i] = clip(pixels[i] + 0.004 * sensor[c * pixels.length + i], 0, 1);
  });
  return image;
}

/** 1 where something towards the sun stands higher than the ray that would reach this place. */
function castShadow({ side, surface }: Land, { azimuth, rise }: Sun, zoom: number): Uint8Array {
  const step = 5 / (2 * zoom); // metres
  const shadow = new Uint8Array(side * side);
  for (let j = 1; j < Math.floor(8 * zoom); j++) {
    const [dy, dx] = [roundHalfEven(j * Math.sin(azimuth)), roundHalfEven(j * Math.cos(azimuth))];
    const clearance = 1.5 + j * rise * step;
    for (let y = 0; y < side; y++) {
      const from = clip(y - dy, 0, side - 1) * side;
      for (let x = 0; x < side; x++) {
        if (surface[from + clip(x - dx, 0, side - 1)] > surface[y * side + x] + clearance) shadow[y * side + x] = 1;
      }
    }
  }
  return shadow;
}

export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}
